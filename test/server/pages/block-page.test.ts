import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { codeOf, startSystem, url } from "../system.ts";
import { BROWSER, CODE, CURL, finish, owner, published } from "./published-block.ts";

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
