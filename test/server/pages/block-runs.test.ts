import { expect, test } from "vitest";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import { signIn } from "../sign-in.ts";
import { codeOf, startSystem, url, type System } from "../system.ts";
import { BROWSER, finish, owner, PROJECT } from "./published-block.ts";

const open = async (system: System, path: string, headers: Record<string, string> = {}) => {
  const response = await system.call("GET", path, undefined, { ...BROWSER, ...headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
};

test("a run of a block has a page, whose code and inputs are for those who may see the block", async () => {
  const system = await startSystem();
  const inputs = { word: { type: "text", default: "<sum>" } } as const;
  const { id } = await system.run("print('<code>')", { inputs, title: "Sum <b>" });
  const page = pagePaths.blockRun(id);
  const waiting = await open(system, page);
  expect(waiting.text).toContain(`data-events="${pagePaths.liveBlockRun(id)}?after=`);
  expect(waiting.headers.get("x-robots-tag")).toBe("noindex");

  await finish(await system.machine(), "\x1b[31mred\x1b[0m <out>\n");
  await system.until(id, ({ ending }) => ending !== undefined);
  const stranger = await open(system, page);
  expect(stranger.text).toContain('<h1 class="title">Sum &lt;b&gt;</h1>');
  expect(stranger.text).toContain("&lt;out&gt;");
  expect(stranger.text).toContain(`deferred verify ${url}/results/${id}/result.json`);
  expect(stranger.text).not.toContain("data-events");
  expect(stranger.text).not.toMatch(/&lt;(?:code|sum)&gt;/);

  const cookie = await signIn(system);
  const own = await open(system, page, { cookie });
  expect(own.text).toContain("&lt;code&gt;");
  expect(own.text).toContain("&lt;sum&gt;");
  expect(own.text).toContain(system.key.kid);
  const [kept] = await owner(system).list();
  expect(own.text).toContain(`href="${pagePaths.ownBlock(PROJECT, kept!.id)}"`);
  const below = await open(system, pagePaths.run(PROJECT, id), { cookie });
  expect([below.status, below.headers.get("location")]).toEqual([302, page]);
  const start = (await open(system, "/", { cookie })).text;
  expect(start).toMatch(new RegExp(`<h2 id="blocks">[^]*${id}"[^>]*>Sum &lt;b&gt;</a>`));
  expect(start).not.toContain("Nothing has run yet");

  await owner(system).change(kept!.id, true);
  expect((await open(system, page)).text).toContain("&lt;sum&gt;");
  expect((await open(system, pagePaths.blockRun("none"))).status).toBe(404);
});

test("the address of a result shows a browser the page, and a program JSON", async () => {
  const system = await startSystem();
  const { id, result_url } = await system.run();
  const stored = new URL(result_url).pathname;
  const addresses = [stored, paths.run(id), paths.runResult(id)];
  for (const path of addresses) {
    const { status, headers } = await open(system, path);
    expect([status, new URL(headers.get("location")!, url).pathname]).toEqual([
      303,
      pagePaths.blockRun(id),
    ]);
    expect(headers.get("vary")).toContain("Accept");
  }
  expect(await codeOf(await system.call("GET", stored))).toBe("run_not_finished");
  const unknown = stored.replace(id, "0".repeat(26));
  expect(await codeOf(await system.call("GET", unknown))).toBe("run_not_found");

  await finish(await system.machine(), "done\n");
  await system.until(id, ({ ending }) => ending !== undefined);
  const program = await system.call("GET", stored, undefined, { accept: "*/*" });
  expect(await program.json()).toMatchObject({ id, stdout: "done\n" });
  expect(program.headers.get("vary")).toContain("Accept");
  const asked = await open(system, `${paths.runResult(id)}?format=json`);
  expect(asked.headers.get("location")).toBe(`${result_url}?format=json`);
  expect(JSON.parse((await open(system, `${stored}?format=json`)).text)).toMatchObject({ id });
});
