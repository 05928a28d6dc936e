import { expect, test } from "vitest";
import { pagePaths } from "../../../../protocol/paths.ts";
import { startSystem, url, type System } from "../../system.ts";
import { signIn } from "../../sign-in.ts";
import { BROWSER, owner, PROJECT } from "../published-block.ts";

async function asPerson(system: System) {
  const cookie = await signIn(system);
  const headers = { ...BROWSER, cookie, origin: url };
  return {
    open: async (path: string) => {
      const response = await system.call("GET", path, undefined, headers);
      return { status: response.status, text: await response.text() };
    },
    send: (path: string, fields: Record<string, string> = {}) =>
      system.call("POST", path, new URLSearchParams(fields).toString(), {
        ...headers,
        "content-type": "application/x-www-form-urlencoded",
      }),
  };
}

test("the blocks of a project are listed by their last run, searched and paged", async () => {
  const system = await startSystem();
  const { publish } = owner(system);
  const { open } = await asPerson(system);
  expect((await open(pagePaths.blocks(PROJECT))).text).toContain("has run yet");
  for (let number = 0; number < 31; number++) {
    const block = await system.sign("print(1)", { title: `Number ${number} <b>` });
    expect((await publish({ block, code: "print(1)" })).status).toBe(201);
  }
  await system.run("print(2)", { title: "The one that ran" });
  const titles = ({ text }: { text: string }) =>
    [...text.matchAll(/<a href="\/projects\/local\/demo\/blocks\/\w{16}">(.*?)<\/a>/g)].map(
      ([, title]) => title,
    );
  const first = await open(pagePaths.blocks(PROJECT));
  expect(titles(first)[0]).toBe("The one that ran");
  expect(titles(first)).toHaveLength(30);
  const older = /href="(\?before=\w+)"/.exec(first.text)![1]!;
  const last = await open(pagePaths.blocks(PROJECT) + older);
  expect(new Set([...titles(first), ...titles(last)]).size).toBe(32);
  expect(titles(await open(`${pagePaths.blocks(PROJECT)}?q=number+7+PYTHON`))).toEqual(
    ["Number 7 &lt;b&gt;", "Number 17 &lt;b&gt;", "Number 27 &lt;b&gt;"].toReversed(),
  );
  expect((await open(`${pagePaths.blocks(PROJECT)}?q=none`)).text).toContain("No block has all");
  expect((await open(`${pagePaths.blocks(PROJECT)}?before=none`)).status).toBe(404);
  const stranger = await system.call("GET", pagePaths.blocks(PROJECT), undefined, BROWSER);
  expect(stranger.status).toBe(401);
});

test("a block is published, taken away and revoked on its page", async () => {
  const system = await startSystem();
  const { list } = owner(system);
  const { open, send } = await asPerson(system);
  const { id: run } = await system.run("print('<1>')", { title: "Sum", cache_s: 60 });
  const [kept] = await list();
  const own = pagePaths.ownBlock(PROJECT, kept!.id);
  const page = await open(own);
  expect(page.text).toContain("&lt;1&gt;");
  expect(page.text).toContain(system.key.kid);
  expect(page.text).toContain(`href="${pagePaths.blockRun(run)}"`);
  expect(page.text).toContain("<deferred-runner");

  const wrong = await send(`${own}/publish`, { as: "Not a name" });
  const shown = await wrong.text();
  expect(wrong.status).toBe(422);
  expect(shown).toContain('value="Not a name"');
  expect(shown).toContain("such as resume.");
  expect((await send(`${own}/publish`, { as: "sum" })).headers.get("location")).toBe(own);
  expect((await open(pagePaths.block(PROJECT, "sum"))).status).toBe(200);
  expect((await open(own)).text).toContain(`href="${pagePaths.block(PROJECT, "sum")}"`);
  expect((await send(`${own}/unpublish`)).status).toBe(303);
  expect((await open(pagePaths.block(PROJECT, "sum"))).status).toBe(410);

  expect((await open(`${own}/revoke`)).text).toContain("Revoke “Sum”?");
  const elsewhere = await system.call("POST", `${own}/revoke`, "", {
    origin: "https://evil.example",
    "content-type": "application/x-www-form-urlencoded",
  });
  expect(elsewhere.status).toBe(400);
  expect((await send(`${own}/revoke`)).status).toBe(303);
  const revoked = await open(own);
  expect(revoked.text).toContain("Readers can’t run it.");
  expect(revoked.text).not.toContain("<deferred-runner");
  const again = await send(`${own}/publish`);
  expect(again.status).toBe(422);
  expect(await again.text()).toContain("The block was taken back by its author.");
});
