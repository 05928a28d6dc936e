import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { paths, pagePaths } from "../../../protocol/paths.ts";
import type { RegisteredBlockView } from "../../../protocol/registered-blocks.ts";
import { codeOf, startSystem, url, type System } from "../system.ts";
import { BROWSER, CODE, CURL, owner, PROJECT, published } from "./published-block.ts";

/** Ends the run that waits, with a file that it left. */
async function leaveFile(
  system: System,
  machine: Awaited<ReturnType<System["machine"]>>,
  name: string,
) {
  const assignment = await machine.claimOne();
  await machine.started(assignment);
  const bytes = Buffer.from("%PDF-1.7");
  const file = {
    name,
    type: "application/pdf",
    size: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
  const { run, attempt } = assignment;
  const asked = await machine.post(paths.responder.artifacts(run), { attempt, artifacts: [file] });
  const { uploads } = (await asked.json()) as { uploads: { url: string; headers: HeadersInit }[] };
  const { pathname, search } = new URL(uploads[0]!.url);
  const put = { method: "PUT", headers: uploads[0]!.headers, body: bytes };
  expect((await system.app.request(pathname + search, put)).status).toBe(200);
  expect((await machine.finish(assignment, {}, { artifacts: [file] })).status).toBe(200);
  return run;
}

test("a link to a file runs the block, waits, and leads to the file", async () => {
  const system = await startSystem();
  const { path } = await published(system, { cache_s: 60 });
  const link = `${path}/artifacts/cv/resume.pdf`;
  for (const [method, headers] of [
    ["HEAD", CURL],
    ["GET", { ...BROWSER, "sec-purpose": "prefetch" }],
    ["GET", { ...CURL, "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)" }],
  ] as const) {
    expect((await system.call(method, link, undefined, headers)).status).toBe(403);
  }
  const program = system.call("GET", `${link}?utm_source=mail`, undefined, CURL);
  const machine = await system.machine();
  const browser = await system.call("GET", link, undefined, BROWSER);
  expect(browser.status).toBe(303);
  const place = browser.headers.get("location")!;
  const waiting = await system.call("GET", link + place, undefined, BROWSER);
  expect(await waiting.text()).toContain('<meta http-equiv="refresh"');
  const run = await leaveFile(system, machine, "cv/resume.pdf");
  const file = `${url}/results/${run}/1/cv/resume.pdf`;
  const found = await program;
  expect([found.status, found.headers.get("location")]).toEqual([303, file]);
  // The stored result answers, also those that start none.
  for (const method of ["GET", "HEAD"]) {
    const later = await system.call(method, link, undefined, CURL);
    expect(later.headers.get("location")).toBe(file);
  }
  expect((await system.call("GET", link + place, undefined, BROWSER)).headers.get("location")).toBe(
    file,
  );
  const other = await system.call("GET", `${path}/artifacts/none.pdf`, undefined, BROWSER);
  expect(other.status).toBe(404);
  expect(await other.text()).toContain("The block left no file none.pdf; it left cv/resume.pdf.");
  expect(await codeOf(await system.call("GET", `${path}/artifacts/none.pdf`))).toBe(
    "file_not_found",
  );
});

test("a name leads to the newest block that is published as it", async () => {
  const system = await startSystem();
  const { publish, change, read, list } = owner(system);
  const at = pagePaths.block(PROJECT, "cv");
  const iat = Math.floor(Date.now() / 1000);
  const publishAs = async (jti: string, as?: string) => {
    // With one time: a second later, it would be another block.
    const block = await system.sign(CODE, { jti, iat });
    const view = (await (await publish({ block, code: CODE, as })).json()) as RegisteredBlockView;
    return { ...view, block };
  };
  const shown = async (path: string) => (await system.call("GET", path, undefined, BROWSER)).text();

  expect(await codeOf(await system.call("GET", at))).toBe("block_not_found");
  const first = await publishAs("first", "cv");
  expect(first).toMatchObject({ name: "cv", name_url: url + at });
  expect(await shown(at)).toContain(`block="${first.block}"`);
  const second = await publishAs("second", "cv");
  await publishAs("third");
  expect(await shown(at)).toContain(`block="${second.block}"`);
  expect(await shown(pagePaths.block(PROJECT, first.id))).toContain(`block="${first.block}"`);
  const script = await shown(`${at}.js`);
  expect(script).toContain(second.block);
  expect(script).toContain(`${url}${at}.js`);
  expect((await system.call("GET", `${at}/embed`)).status).toBe(200);
  expect((await system.call("GET", `/oembed?url=${url}${at}`)).status).toBe(200);

  // A run is the block's own: the name may lead to another one before it ends.
  const own = pagePaths.block(PROJECT, second.id);
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const posted = await system.call("POST", at, "", form);
  expect(posted.headers.get("location")).toMatch(new RegExp(`^${own}/runs/\\w+$`));
  const link = await system.call("GET", `${at}/artifacts/cv/a.pdf?utm_source=mail`, undefined, {
    ...BROWSER,
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
  });
  const waiting = new RegExp(`^${own}/artifacts/cv/a\\.pdf\\?utm_source=mail&_run=\\w+$`);
  expect(link.headers.get("location")).toMatch(waiting);

  expect(await read("cv")).toMatchObject({ id: second.id, name: "cv", code: `${CODE}\n` });
  for (const listed of await list()) expect(listed).not.toHaveProperty("code");
  const unknown = paths.projectBlock(PROJECT, "none");
  const authorization = `Bearer ${system.ownerToken.trim()}`;
  expect(await codeOf(await system.call("GET", unknown, undefined, { authorization }))).toBe(
    "block_not_found",
  );

  await publishAs("first", "cv");
  expect(await shown(at)).toContain(`block="${first.block}"`);
  await change(first.id, false);
  expect(await shown(at)).toContain(`block="${second.block}"`);
  expect((await publishAs("second")).name).toBe("cv");
  await change(second.id, false);
  expect((await system.call("GET", at, undefined, BROWSER)).status).toBe(410);
  for (const as of ["Cv", "1a", "a_b", "a".repeat(41), second.id.replace(/^./, "a"), "cv.js"]) {
    const refused = await publish({ block: second.block, code: CODE, as });
    expect([as, await codeOf(refused)]).toEqual([as, "body_invalid"]);
  }
});
