import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { paths, pagePaths } from "../../../protocol/paths.ts";
import type { RegisteredBlockView } from "../../../protocol/registered-blocks.ts";
import { codeOf, startSystem, url, type System } from "../system.ts";
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

test("previews, crawlers, prefetching browsers and HEAD get the page and start nothing", async () => {
  const system = await startSystem();
  const { path } = await published(system);
  const bot = {
    ...CURL,
    "user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
  };
  for (const headers of [bot, { ...CURL, "sec-purpose": "prefetch" }, { accept: "*/*" }]) {
    const response = await system.call("GET", path, undefined, headers);
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
  }
  const head = await system.call("HEAD", path, undefined, CURL);
  expect(head.status).toBe(200);
  const runs = async () =>
    (await (await system.call("GET", "/metrics")).text()).match(/^deferred_runs_waiting.*/gm);
  expect(await runs()).toEqual(['deferred_runs_waiting{pool="shared"} 0']);
  await system.call("GET", path, undefined, CURL);
  expect(await runs()).toEqual(['deferred_runs_waiting{pool="shared"} 1']);
});

test("without scripts, a form runs the block, and a page reloads itself until the result is there", async () => {
  const system = await startSystem();
  const inputs = {
    n: { type: "integer", default: 1 },
    loud: { type: "boolean", default: true },
  } as const;
  const { path } = await published(system, { inputs });
  const post = (headers: Record<string, string>) =>
    system.app.request(path, {
      method: "POST",
      headers: { ...BROWSER, "content-type": "application/x-www-form-urlencoded", ...headers },
      body: "n=7&loud=false&loud=true",
    });
  expect((await post({ origin: "https://evil.example" })).status).toBe(403);
  const posted = await post({ origin: url });
  expect(posted.status).toBe(303);
  const run = posted.headers.get("location")!;
  const refreshes = '<meta http-equiv="refresh"';
  const waiting = await system.call("GET", run, undefined, BROWSER);
  expect(await waiting.text()).toContain(refreshes);
  const machine = await system.machine();
  const { work } = await finish(machine, "<seven>\n");
  expect(work).toMatchObject({ inputs: { n: 7, loud: true } });
  await system.until(run.split("/").at(-1)!, ({ ending }) => ending !== undefined);
  const ended = await (await system.call("GET", run, undefined, BROWSER)).text();
  expect(ended).toContain("&lt;seven&gt;");
  expect(ended).not.toContain(refreshes);
  const other = await published(system, { jti: "other" });
  const id = run.split("/").at(-1)!;
  expect((await system.call("GET", `${other.path}/runs/${id}`, undefined, BROWSER)).status).toBe(
    404,
  );
});

test("the page holds the last output of the default inputs", async () => {
  const system = await startSystem();
  const inputs = { n: { type: "integer", default: 1 } } as const;
  const { path, block } = await published(system, { inputs });
  const machine = system.machine();
  for (const [n, text] of [
    [1, "one\n"],
    [2, "two\n"],
  ] as const) {
    const body = { block, code: CODE, inputs: { n } };
    const { id } = (await (await system.call("POST", paths.runs, body)).json()) as { id: string };
    await finish(await machine, text);
    await system.until(id, ({ ending }) => ending !== undefined);
  }
  const page = await (await system.call("GET", path, undefined, BROWSER)).text();
  expect(page).toContain(">one\n</pre>");
  expect(page).not.toContain("two\n");
});

test("other sites get a script, a frame and a picture of a published block alone", async () => {
  const system = await startSystem();
  const { path, id, page_url } = await published(system, { title: "</script><b>" });
  const script = await system.call("GET", `${path}.js`);
  expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(script.headers.get("access-control-allow-origin")).toBe("*");
  expect(await script.text()).toContain(`"code":"print(INPUT)"`);
  const frame = await system.call("GET", `${path}/embed`, undefined, BROWSER);
  expect(frame.headers.get("content-security-policy")).not.toContain("frame-ancestors");
  expect(frame.headers.get("x-frame-options")).toBe(null);
  const page = await system.call("GET", path, undefined, BROWSER);
  expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  const picture = await system.call("GET", `${path}/image.png`);
  const bytes = Buffer.from(await picture.arrayBuffer());
  expect(bytes.subarray(1, 4).toString()).toBe("PNG");
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1200, 630]);

  const asked = `/oembed?url=${encodeURIComponent(page_url)}`;
  const answer = (await (await system.call("GET", `${asked}&maxwidth=300`)).json()) as {
    html: string;
    width: number;
  };
  expect(answer).toMatchObject({ version: "1.0", type: "rich", width: 300 });
  expect(answer.html).toContain(
    `src="${page_url}/embed" title="&lt;/script&gt;&lt;b&gt;" width="300"`,
  );
  const xml = await (await system.call("GET", `${asked}&format=xml`)).text();
  expect(xml).toContain("<type>rich</type>");
  expect((await system.call("GET", `${asked}&format=yaml`)).status).toBe(501);
  const other = `/oembed?url=${encodeURIComponent(`https://evil.example${path}`)}`;
  expect(await codeOf(await system.call("GET", other))).toBe("query_invalid");

  await owner(system).change(id, false);
  for (const below of [".js", "/embed", "/image.png"]) {
    expect(await codeOf(await system.call("GET", path + below))).toBe("block_unpublished");
  }
  expect(await codeOf(await system.call("GET", asked))).toBe("block_unpublished");
});

test("the frame of a block that names origins is for those alone", async () => {
  const system = await startSystem();
  const origins = ["https://blog.example", "https://блог.example", "x; script-src *", "null"];
  const { path } = await published(system, { origins });
  const frame = await system.call("GET", `${path}/embed`, undefined, BROWSER);
  const policy = frame.headers.get("content-security-policy")!;
  expect(policy).toMatch(
    /frame-ancestors 'self' https:\/\/blog\.example https:\/\/xn--90aexm\.example$/,
  );
});

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
