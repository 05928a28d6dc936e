import { expect, test } from "vitest";
import { paths, pagePaths } from "../../../protocol/paths.ts";
import type { RegisteredBlockView } from "../../../protocol/registered-blocks.ts";
import { codeOf, startSystem, url } from "../system.ts";
import { BROWSER, CODE, CURL, finish, owner, PROJECT, published } from "./published-block.ts";

test("a published block has a page, and the same token the same page", async () => {
  const system = await startSystem();
  const { publish, change, list } = owner(system);
  const { id, block, path, page_url } = await published(system, { title: "Sum <b>" });
  expect(page_url).toBe(url + path);
  const again = (await (await publish({ block, code: CODE })).json()) as RegisteredBlockView;
  expect(again.id).toBe(id);
  const page = await system.call("GET", path, undefined, BROWSER);
  expect(page.status).toBe(200);
  const html = await page.text();
  expect(html).toContain(`<deferred-runner block="${block}" label="Sum &lt;b&gt;"`);
  expect(html).toContain(system.key.kid);

  expect((await change(id, false)).status).toBe(200);
  const gone = await system.call("GET", path, undefined, BROWSER);
  expect(gone.status).toBe(410);
  const said = await gone.text();
  expect(said).toContain("The author took this block’s page away.".replace("’", "&#39;"));
  expect(said).not.toContain(block);
  expect(await codeOf(await system.call("GET", path))).toBe("block_unpublished");
  expect((await list()).map(({ state }) => state)).toEqual(["unpublished"]);
  await change(id, true);
  expect((await system.call("GET", path, undefined, BROWSER)).status).toBe(200);

  const headers = { authorization: `Bearer ${system.ownerToken.trim()}` };
  const { jti } = (await list())[0]!;
  await system.call("POST", paths.revokedBlocks(PROJECT), { jti }, headers);
  const revoked = await system.call("GET", path, undefined, BROWSER);
  expect(revoked.status).toBe(403);
  expect(await revoked.text()).not.toContain(block);
  expect(await codeOf(await change(id, true))).toBe("block_revoked");
});

test("a block that ran is kept for its project, and has no page until it is published", async () => {
  const system = await startSystem();
  const { change, list, read } = owner(system);
  await system.run("print(2)", { edit: true });
  const [kept] = await list();
  expect(kept).toMatchObject({ state: "kept", published_at: null });
  const path = pagePaths.block(PROJECT, kept!.id);
  expect(await codeOf(await system.call("GET", path))).toBe("block_not_found");
  expect(await read(kept!.id)).toMatchObject({ code: "print(2)\n" });
  // Code that a reader changed is not the author's.
  const block = await system.sign("print(3)", { edit: true });
  expect((await system.call("POST", paths.runs, { block, code: "print(4)" })).status).toBe(202);
  expect(await list()).toHaveLength(1);
  await change(kept!.id, true);
  expect((await system.call("GET", path, undefined, BROWSER)).status).toBe(200);
});

test("a block counts its runs, their failures and who asked, and outlives others that ran before it", async () => {
  const system = await startSystem();
  const { list, read } = owner(system);
  const block = await system.sign("# sum\nprint(2)", { cache_s: 60 });
  const body = { block, code: "# sum\nprint(2)" };
  const ask = () => system.call("POST", paths.runs, body);
  const first = (await (await ask()).json()) as { id: string };
  await ask();
  const machine = await system.machine();
  const assignment = await machine.claimOne();
  await machine.started(assignment);
  await machine.finish(assignment, { exit_code: 3 });
  await system.until(first.id, ({ ending }) => ending !== undefined);
  await ask();
  const [kept] = await list();
  expect(kept).toMatchObject({ runs: 2, failures: 1, readers: 3 });
  expect(Date.parse(kept!.last_run_at!)).toBeGreaterThan(Date.parse(kept!.registered_at) - 1);
  expect((await read(kept!.id)).last_run_at).toBe(kept!.last_run_at);
});

test("only its own project publishes a block, and only as it was signed", async () => {
  const system = await startSystem();
  const { publish } = owner(system);
  const block = await system.sign(CODE);
  expect(await codeOf(await publish({ block, code: "print(0)" }))).toBe("code_mismatch");
  const stranger = await system.call("POST", paths.projectBlocks(PROJECT), { block, code: CODE });
  expect(await codeOf(stranger)).toBe("token_missing");
  const other = await system.sign(CODE, { iss: "else/where" });
  expect(await codeOf(await publish({ block: other, code: CODE }))).toBe("key_unknown");
});

test("the server adds what the page of a registered block lacks", async () => {
  const system = await startSystem();
  const setup = "x = 1\n";
  const { codeDigest } = await import("../../../blocks/digest.ts");
  const block = await system.sign(CODE, { setup: codeDigest(setup), after: [codeDigest(setup)] });
  const alone = await system.call("POST", paths.runs, { block, code: CODE });
  expect(await codeOf(alone)).toBe("part_missing");
  await owner(system).publish({ block, code: CODE, setup, before: [setup] });
  const accepted = await system.call("POST", paths.runs, { block, code: CODE });
  expect(accepted.status).toBe(202);
  const machine = await system.machine();
  expect((await machine.claimOne()).work).toMatchObject({ parts: [setup, setup] });
});

test("a terminal gets the output as it comes, and how the run ended", async () => {
  const system = await startSystem();
  const inputs = { n: { type: "integer", default: 1, max: 9 } } as const;
  const { path } = await published(system, { inputs, origins: ["https://blog.example"] });
  const asked = system.call("GET", `${path}?n=5`, undefined, CURL);
  const machine = await system.machine();
  const { work } = await finish(machine, "\x1b[31mred\x1b[0m\x1b]52;c;cm0=\x07\n");
  expect(work).toMatchObject({ inputs: { n: 5 } });
  const response = await asked;
  expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(await response.text()).toMatch(
    /^\[No server available[^\n]*\]\n\x1b\[31mred\x1b\[0m\n\[Ended with exit status 0[^\n]*\]\n$/,
  );
  const wrong = await system.call("GET", `${path}?n=12`, undefined, CURL);
  expect(wrong.status).toBe(422);
  expect(await wrong.text()).toBe(
    "[An input is not what the block takes: see the detail. n: it has to be 9 or less.]\n",
  );
});

test("a block whose claimed times no calendar has is shown and listed like others", async () => {
  const system = await startSystem();
  const { path, id } = await published(system, { iat: -1e300, exp: 1e300 });
  const page = await system.call("GET", path, undefined, BROWSER);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("+275760-09-13")]);
  expect(await owner(system).list()).toMatchObject([{ id }]);
});
