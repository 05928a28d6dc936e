import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, test, type ExpectStatic } from "vitest";
import { responderCommand, serverAssets } from "../../cli/layout.ts";
import { readServerSettings, startServer } from "../../server/main.ts";
import { shareCompiled } from "../compiled.ts";
import { eventually } from "../eventually.ts";
import { needs } from "../needs.ts";
import type { Engine } from "./engines/engine.ts";
import { FIREFOX, launchFirefox } from "./engines/firefox.ts";
import { launchWebKit, WEBKIT_DRIVER, XVFB } from "./engines/webkit.ts";
import { exampleEndings } from "./example-endings.ts";

const ENGINES = [
  { name: "Firefox", programs: [FIREFOX], launch: launchFirefox },
  { name: "WebKitGTK", programs: [WEBKIT_DRIVER, XVFB], launch: launchWebKit },
].map((engine) => ({ ...engine, installed: engine.programs.every((path) => existsSync(path)) }));

const LONG = ["slow-bash", "endless-python"];
const SHORT = Object.keys(exampleEndings).filter((slug) => !LONG.includes(slug));

let url: string;
let data: string;
let server: Awaited<ReturnType<typeof startServer>>;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "deferred-engines-"));
  shareCompiled(data);
  const { command, args } = responderCommand();
  const waits = 'until [ -e "$0" ]; do sleep 0.1; done; exec "$@"';
  server = await startServer(readServerSettings({ DEFERRED_DATA: data, PORT: "0" }), {
    assets: serverAssets(),
    // Machines boot when each engine has seen that they wake.
    responder: { command: "bash", args: ["-c", waits, join(data, "boot"), command, ...args] },
    log: pino({ level: "silent" }),
  });
  ({ url } = server);
});
afterAll(async () => {
  await server.close();
  await rm(data, { recursive: true, force: true });
});

let waitFor = ENGINES.filter(({ installed }) => installed).length;
async function bootMachines(): Promise<void> {
  if (--waitFor === 0) await writeFile(join(data, "boot"), "");
}

describe.concurrent.each(ENGINES)("in $name", ({ name, installed, launch, programs }) => {
  if (!installed) console.warn(`${programs.join(" or ")} is missing, so nothing is pressed in it.`);

  test(
    "the examples wake a machine, run, are edited, stop, and go on after a reload",
    needs(installed, programs.join(" and ")),
    async ({ expect, onTestFinished: atEnd, onTestFailed }) => {
      const engine = await launch();
      atEnd(() => engine.close());
      const page = examplesIn(engine);
      onTestFailed(() => console.error(`last seen in ${name}: ${page.lastSeen()}`));
      await engine.open(url);
      // WebKitWebDriver sends an element's keys to the host of a shadow tree, and loses other keys on a busy machine.
      const types = name === "Firefox";
      if (types) await page.edit("edit-node", " console.log(6 * 7);");
      for (const slug of SHORT) await page.press(slug, "button");
      // The first of several waking blocks says why, the others that they wait for the same.
      const [first = "", second = ""] = SHORT;
      for (const slug of [second, first]) {
        await page.open(slug);
        await page.becomes(slug, "waking");
      }
      expect((await page.see(first)).status).toContain(
        "No server available to handle the request; waking one",
      );
      await bootMachines();
      for (const slug of SHORT) await page.endsAsItShould(slug, expect);
      if (types) expect((await page.see("edit-node")).output).toMatch(/^42$/m);

      // Pictures load when they come near the screen.
      await page.open("picture-python");
      await engine.evaluate(scrollToPicture, "picture-python");
      await page.shows("picture-python", 480);
      const { file } = await page.see("report-ruby");
      expect(await (await fetch(file!)).text()).toMatch(/^a,5$/m);

      for (const slug of LONG) await page.press(slug, "button");
      await page.open("slow-bash");
      await page.prints("slow-bash", "step 2 of 8");
      await engine.reload();
      for (const slug of LONG) await page.endsAsItShould(slug, expect);

      await page.press("slow-bash", "button");
      await page.becomes("slow-bash", "running");
      await page.press("slow-bash", "stop");
      await page.becomes("slow-bash", "canceled");
    },
  );
});

/** Between two looks at a block. */
const LOOK_MS = 100;
/** Looks at a block after a click before it is clicked again. */
const LOOKS = 20;

/** What a reader does and sees on the start page. */
function examplesIn(engine: Engine) {
  let last = "nothing";
  let clickError: unknown;
  async function see(slug: string): Promise<Seen> {
    const seen = await engine.evaluate(seeBlock, slug);
    last = `${slug} ${JSON.stringify(seen)}`;
    return seen;
  }
  /** Clicks the tab again if the page moved under the pointer. */
  const open = (slug: string) =>
    eventually(async () => {
      if (!(await engine.evaluate(isBehindTab, slug))) {
        await engine.evaluate(scrollToBlock, slug);
        return true;
      }
      await engine.click(findTab, slug);
      return undefined;
    });
  /** Looks at leisure: each look takes the engine as long as it takes to draw a line. */
  async function sees(slug: string, what: (seen: Seen) => boolean): Promise<void> {
    while (!what(await see(slug))) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  const becomes = (slug: string, state: string) => sees(slug, (seen) => seen.state === state);
  async function press(slug: string, part: string): Promise<void> {
    // The page moves while its other blocks are drawn, and WebKit has no scroll anchoring: between the driver's look
    // at the button and its click, another element comes to stand there. The click is made again.
    await eventually(async () => {
      await open(slug);
      const before = await see(slug);
      if (!before.parts.includes(part)) return undefined;
      const clicked = await engine.click(findPart, slug, part).then(
        () => true as const,
        (error: unknown) => {
          clickError = error;
          return undefined;
        },
      );
      // Edit changes neither the state nor what can be pressed.
      if (!clicked || part === "edit") return clicked;
      for (let looks = 0; looks < LOOKS; looks++) {
        if ((await see(slug)).state !== before.state) return true;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      return undefined;
    });
  }
  return {
    open,
    press,
    async edit(slug: string, text: string) {
      await press(slug, "edit");
      await eventually(() => engine.evaluate(putCaretAtEnd, slug));
      await engine.type(text);
    },
    see,
    becomes,
    lastSeen: () => `${last} ${clickError instanceof Error ? clickError.message : ""}`,
    prints: (slug: string, text: string) => sees(slug, ({ output }) => output.includes(text)),
    shows: (slug: string, width: number) => sees(slug, ({ picture }) => picture === width),
    async endsAsItShould(slug: string, expect: ExpectStatic) {
      const { state, status, output } = exampleEndings[slug]!;
      await open(slug);
      await becomes(slug, state);
      const seen = await see(slug);
      expect.soft(seen.status, slug).toMatch(status);
      expect.soft(seen.output, slug).toMatch(output);
    },
  };
}

/** A block as it stands on the page. */
interface Seen {
  state: string | null;
  /** Parts that can be pressed. */
  parts: string[];
  status: string;
  output: string;
  /** Natural width of the picture that it left, once loaded; else 0. */
  picture: number;
  /** Address of the first file that it left. */
  file: string | undefined;
}

// The functions below run in the page.

function isBehindTab(slug: string): boolean {
  return document.querySelector(`#${slug}[hidden]`) !== null;
}

/** The element is drawn when it comes near the screen. */
function scrollToBlock(slug: string): void {
  document.querySelector(`#${slug} deferred-runner`)?.scrollIntoView({ block: "center" });
}

function findTab(slug: string): Element | null {
  return document.querySelector(`[role=tab][href="#${slug}"]`);
}

function findPart(slug: string, part: string): Element | null | undefined {
  const block = document.querySelector(`#${slug} deferred-runner`);
  return block?.shadowRoot?.querySelector(`[part~=${part}]`);
}

function putCaretAtEnd(slug: string): true | undefined {
  const block = document.querySelector(`#${slug} deferred-runner`);
  const editor = block?.shadowRoot?.querySelector("textarea");
  if (!editor) return undefined;
  editor.focus();
  editor.setSelectionRange(editor.value.length, editor.value.length);
  return true;
}

function scrollToPicture(slug: string): void {
  const block = document.querySelector(`#${slug} deferred-runner`);
  block?.shadowRoot?.querySelector("img")?.scrollIntoView();
}

function seeBlock(slug: string): Seen {
  const block = document.querySelector(`#${slug} deferred-runner`);
  const inside = block?.shadowRoot;
  const textOf = (selector: string) =>
    [...(inside?.querySelectorAll(selector) ?? [])].map(({ textContent }) => textContent).join("");
  return {
    state: block?.getAttribute("state") ?? null,
    parts: [...(inside?.querySelectorAll("button[part]") ?? [])].map((button) => button.part.value),
    status: textOf("[part=status]").replace(/\s+/g, " ").trim(),
    output: textOf("[part=output] pre"),
    picture: inside?.querySelector("img")?.naturalWidth ?? 0,
    file: inside?.querySelector<HTMLAnchorElement>("[part=artifacts] a")?.href,
  };
}
