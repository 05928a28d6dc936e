import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { RunCreated } from "../../protocol/run.ts";
import { eventually } from "../eventually.ts";
import { becomes, endOf, press, useBrowser } from "./browser.ts";
import { held } from "./held.ts";
import { type AtEnd, deferred, startServing, type Served } from "../systems/process.ts";
import { unreliableProxy } from "./unreliable-proxy.ts";

const browser = useBrowser({ keepsPages: true });
let served: Served;
let folder: string;
let slowBlock: string;
beforeAll(async () => {
  served = await startServing();
  folder = await mkdtemp(join(tmpdir(), "deferred-reader-"));
  slowBlock = await sign("slow.sh", slowly);
});
afterAll(async () => {
  await served.clear();
  await rm(folder, { recursive: true });
});

async function sign(name: string, program: string, args: string[] = []): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, program);
  return (await deferred(served, ["sign", file, ...args])).stdout;
}

const LINES = Array.from({ length: 20 }, (_, line) => `line ${line + 1}\n`).join("");
const slowly = "for i in $(seq 1 20); do echo line $i; sleep 0.1; done\n";

/** The same lines, the later half of them once the test has it go on. */
async function heldBlock(name: string, atEnd: AtEnd) {
  const { line, release } = held(atEnd);
  const lines = (from: number, to: number) =>
    `for i in $(seq ${from} ${to}); do echo line $i; done\n`;
  return { block: await sign(name, `${lines(1, 10)}${line}\n${lines(11, 20)}`), release };
}

/** A page with a signed block, which reaches the server at `url`. */
async function pageOf(block: string, url: string, atEnd: AtEnd): Promise<string> {
  // Past the server that the token names, through what stands at `url`.
  const tag = block
    .replaceAll(served.url, url)
    .replace("<deferred-runner ", `<deferred-runner server="${url}" `);
  const page = `<!doctype html><meta charset="utf-8"><title>A page</title>\n${tag}`;
  const host = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
  });
  await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
  atEnd(() => {
    host.closeAllConnections();
    host.close();
  });
  return `http://127.0.0.1:${(host.address() as AddressInfo).port}/`;
}

describe.concurrent("a reader", () => {
  test("whose connections are cut and refused, and whose press is not answered, gets each line once, of one run", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const proxy = await unreliableProxy(served.url, atEnd);
    const program = await heldBlock("cut.sh", atEnd);
    const page = await browser.open(await pageOf(program.block, proxy.url, atEnd), {}, atEnd);
    const block = page.locator("deferred-runner");
    proxy.loseAnswer();
    await press(block);
    await becomes(block, "running");
    let ended = false;
    const end = endOf(block).finally(() => (ended = true));
    for (let cuts = 0; !ended; cuts++) {
      if (cuts === 3) program.release();
      proxy.refuse(cuts % 3);
      proxy.cut();
      await page.waitForTimeout(400);
    }
    expect(await end).toMatch(/^Ended with exit status 0/);
    expect(await block.locator("[part=output]").innerText()).toBe(LINES);
    const runs = proxy.posts.map((answer) => (JSON.parse(answer) as RunCreated).id);
    expect(runs).toHaveLength(2);
    expect(new Set(runs).size).toBe(1);
  });

  test("whose laptop slept while a connection died sees the end soon after it woke", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const proxy = await unreliableProxy(served.url, atEnd);
    const page = await browser.open("about:blank", {}, atEnd);
    await page.clock.install();
    const program = await heldBlock("asleep.sh", atEnd);
    await page.goto(await pageOf(program.block, proxy.url, atEnd));
    const block = page.locator("deferred-runner");
    await press(block);
    await becomes(block, "running");
    await block.getByText("line 3").waitFor();
    proxy.stall();
    program.release();
    await page.clock.fastForward("10:00");
    expect(await endOf(block)).toMatch(/^Ended with exit status 0/);
    expect(await block.locator("[part=output]").innerText()).toBe(LINES);
  });

  test("who presses while offline has the run as soon as the network is back", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const hello = await sign("hello.sh", "echo hello\n");
    const page = await browser.open(await pageOf(hello, served.url, atEnd), {}, atEnd);
    const block = page.locator("deferred-runner");
    // The page has loaded the element.
    await block.getByRole("button", { name: /^Run/ }).waitFor();
    await page.context().setOffline(true);
    await press(block);
    await block.getByRole("status").getByText("This device is offline.").waitFor();
    await page.context().setOffline(false);
    expect(await endOf(block)).toMatch(/^Ended with exit status 0/);
    expect(await block.locator("[part=output]").innerText()).toBe("hello\n");
  });

  test("who goes back to a page that the browser kept finds the run going on", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const page = await browser.open(await pageOf(slowBlock, served.url, atEnd), {}, atEnd);
    const block = page.locator("deferred-runner");
    await press(block);
    await block.getByText("line 2").waitFor();
    await page.evaluate(() =>
      addEventListener("pageshow", ({ persisted }) => (document.title = `kept: ${persisted}`)),
    );
    await page.goto(served.url);
    await page.goBack({ waitUntil: "commit" });
    expect(await endOf(block)).toMatch(/^Ended with exit status 0/);
    expect(await block.locator("[part=output]").innerText()).toBe(LINES);
    expect(await page.title()).toBe("kept: true");
  });

  test("who closes a page before the answer and opens it again, twice, finds the run that it asked for, and no second one", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const proxy = await unreliableProxy(served.url, atEnd);
    const url = await pageOf(slowBlock, proxy.url, atEnd);
    const page = await browser.open(url, {}, atEnd);
    const openAgain = async () => {
      const again = await page.context().newPage();
      await again.goto(url);
      return again;
    };
    proxy.mute(true);
    proxy.holdAnswers(true);
    await press(page.locator("deferred-runner"));
    await eventually(async () => (proxy.posts.length > 0 ? true : undefined));
    await page.close();
    proxy.holdAnswers(false);
    const second = await openAgain();
    await second.waitForFunction(() => document.querySelector("deferred-runner")?.runId);
    await second.close();
    proxy.mute(false);
    const block = (await openAgain()).locator("deferred-runner");
    expect(await endOf(block)).toMatch(/^Ended with exit status 0/);
    expect(await block.locator("[part=output]").innerText()).toBe(LINES);
    const runs = proxy.posts.map((answer) => (JSON.parse(answer) as RunCreated).id);
    expect(runs).toHaveLength(2);
    expect(new Set(runs).size).toBe(1);
  });

  test("gets a stored result with its age, and a new one from Run again", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const clock = await sign("clock.sh", "date +%s%N\n", ["--cache", "1h"]);
    const url = await pageOf(clock, served.url, atEnd);
    const page = await browser.open(url, {}, atEnd);
    const block = page.locator("deferred-runner");
    const output = () => block.locator("[part=output]").innerText();
    await press(block);
    await endOf(block);
    const first = await output();
    await block.getByRole("button", { name: /^Run: / }).click();
    await block.getByText(/^Result of \d+\s(seconds?|minutes?)\sago\.$/).waitFor();
    expect(await output()).toBe(first);
    const said = await block.evaluateHandle((element) => {
      const sentence = element.shadowRoot!.querySelector(".age span")!;
      const words: string[] = [];
      const note = () => words.push(sentence.textContent.trim());
      new MutationObserver(note).observe(sentence, {
        childList: true,
        characterData: true,
        subtree: true,
      });
      return words;
    });
    await block.getByRole("button", { name: /^Run again: / }).click();
    await eventually(async () => ((await output()) === first ? undefined : true));
    expect(await endOf(block)).toMatch(/^Ended with exit status 0/);
    expect(await said.jsonValue()).toEqual(["The last result is shown until the new one comes."]);
    expect(await block.locator(".age").count()).toBe(0);
    await block.getByRole("button", { name: /^Run: / }).waitFor();
  });
});
