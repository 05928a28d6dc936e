import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERRORS } from "../../../../protocol/errors.ts";
import { REASONS } from "../../../../protocol/reasons.ts";
import { createPages } from "../../../../server/pages/pages.ts";
import { renderMarkdown } from "../../../../setup/guides/markdown.ts";
import { renderGuides } from "../../../../setup/guides/render.ts";
import { textOfHtml } from "../html-text.ts";
import { openApiSample } from "../openapi-sample.ts";

const guides = renderGuides();
const pagesWith = (openapi: () => unknown) =>
  createPages({
    examples: async () => [],
    guides: async () => guides,
    openapi,
    serverUrl: "https://runner.example",
    scriptUrl: "https://runner.example/deferred-runner.js",
    pinnedScript: { url: "https://runner.example/v/x/deferred-runner.js", integrity: "sha384-abc" },
    currentUser: async () => undefined,
    version: "0.1.0",
  });
const pages = pagesWith(openApiSample);

async function read(path: string, from = pages): Promise<string> {
  const response = await from.request(path);
  expect([path, response.status]).toEqual([path, 200]);
  return response.text();
}

const words = (page: string) => textOfHtml(page).replace(/\s+/g, " ");

test("every link between pages below /docs leads to a page, and to a place on it", async () => {
  const described = join(import.meta.dirname, "../../../../docs/openapi.json");
  const whole = pagesWith(() => JSON.parse(readFileSync(described, "utf8")));
  const found = new Map<string, string>();
  const open = ["/docs"];
  for (let path = open.pop(); path; path = open.pop()) {
    if (found.has(path)) continue;
    const page = await read(path, whole);
    found.set(path, page);
    open.push(...[...page.matchAll(/href="(\/docs[^"#]*)/g)].map(([, href]) => href!));
  }
  const all = guides.flatMap((group) => group.guides.map((guide) => `/docs/${guide.path}`));
  expect([...found.keys()]).toEqual(expect.arrayContaining([...all, "/docs/api/runs"]));
  const ids = new Map([...found].map(([path, page]) => [path, idsOf(page)]));
  for (const [path, page] of found) {
    expect([path, ids.get(path)!.length]).toEqual([path, new Set(ids.get(path)).size]);
    for (const [, href, anchor] of page.matchAll(/href="(\/docs[^"#]*)?#([^"]+)"/g)) {
      expect([path, href, ids.get(href ?? path)?.includes(decodeURIComponent(anchor!))]).toEqual([
        ...[path, href],
        true,
      ]);
    }
  }
});

const idsOf = (page: string) => [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);

test("no page below /docs has a script or a style of its own", async () => {
  const response = await pages.request("/docs/embed");
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(await response.text()).not.toMatch(
    / style=|<style|<script(?![^>]* src="\/)|<deferred-runner| on[a-z]+="/,
  );
});

test("a guide's code has the pages' highlighting and a copy button", async () => {
  const page = await read("/docs/start");
  expect(page).toMatch(/<span class="t-comment"># try it: prints &quot;hello 42&quot;<\/span>/);
  expect(page).toMatch(/id="code-1"[^]*<button type="button" data-copy="code-1"[^>]* hidden>/);
});

test("a guide is found under its file's name too", async () => {
  for (const [asked, path] of [
    ["/docs/embed.md", "/docs/embed"],
    ["/docs/generators/README.md", "/docs/generators"],
  ] as const) {
    const response = await pages.request(asked);
    expect([response.status, response.headers.get("location")]).toEqual([301, path]);
  }
  expect((await pages.request("/docs/nothing.md")).status).toBe(404);
  expect((await pages.request("/docs/api/nothing")).status).toBe(404);
});

test("a search leads to headings, marks its words, and escapes them", async () => {
  const page = await read("/docs/search?q=stored+result");
  expect(page).toContain('href="/docs/api#stored-results-without-a-run"');
  expect(page).toMatch(/<mark>stored<\/mark>/i);
  expect(words(await read("/docs/search?q=run_not_found"))).toContain("2 places have");
  expect(await read("/docs/search?q=%3Cdeferred-runner+src%3D%22")).not.toMatch(/<deferred-runner/);
  expect(words(await read("/docs/search?q=zyx+wvu"))).toContain("Nothing has “zyx wvu”.");
  expect(words(await read("/docs/search?q=%20"))).toContain("Enter what you look for.");
  expect(words(await read("/docs/search?q=the"))).toContain("The first 20 of");
  expect((await pages.request(`/docs/search?q=${"a".repeat(101)}`)).status).toBe(400);
});

test("old addresses of parts of /docs have a place there that leads on", async () => {
  const page = await read("/docs");
  for (const id of ["start", "errors", "reasons", "tag-things"]) {
    expect(page).toMatch(new RegExp(`<p class="moved" id="${id}">[^]*?href="/docs/api/`));
  }
  for (const code of [...Object.keys(ERRORS), ...Object.keys(REASONS)]) {
    expect(page).toContain(`id="error-${code}"`);
    expect(page).toContain(`<a href="/docs/api/errors#${code}" id="${code}">`);
  }
});

test("a tag's page tells its calls, with parameters, fields and examples", async () => {
  const page = await read("/docs/api/things");
  const text = words(page);
  expect(page).toContain('<h2 id="get-v1-things-id">');
  expect(text).toContain("GET /v1/things/{id}");
  expect(text).toContain("Reads <one> thing.");
  expect(text).toContain('colour "red" | "blue" Which of the two, as the list says.');
  expect(page).toContain('<a href="https://example.com/colours">the list</a>');
  expect(text).toContain("parts optional array of string | null");
  expect(page).toContain('<a href="/docs/api/errors#run_not_found"><code>run_not_found</code></a>');
  expect(text).toContain(
    `curl -X PUT https://runner.example/v1/things/{id} \\ -H 'Content-Type: application/json' \\ -d '{ "colour": "red" }'`,
  );
  expect(text).toContain('Answer 200 { "colour": "blue" }');
});

test("every error is listed with its status and its sentence", async () => {
  const text = words(await read("/docs/api/errors"));
  for (const [code, [status, sentence]] of Object.entries(ERRORS)) {
    expect(text).toContain(`${code} ${status} ${sentence}`);
  }
});

test("links to files that a server does not have become text, and HTML ends the build", () => {
  const render = (text: string) =>
    renderMarkdown(`# One\n\n${text}`, "docs/one.md", new Set(["docs/two.md"])).html;
  expect(render("[a](../LICENSE), [b](two.md#c), [d](javascript:e)")).toBe(
    '<p>a, <a href="/docs/two#c">b</a>, [d](javascript:e)</p>\n',
  );
  expect(render("<!-- a -->\n\nb<br>c")).toBe("<p>b<br>c</p>\n");
  for (const html of ["<img src=x>", "a <b>c</b>", "<script>d()</script>", "<!-- <!-- --> -->"]) {
    expect(() => render(html), html).toThrow("docs/one.md has HTML");
  }
  expect(() => render("![a](widget-light.webp)")).toThrow("docs/one.md has a picture");
  expect(() => render("![](states.svg)")).toThrow("docs/one.md has to say in words");
});

test("a guide's diagrams stand on its page, named in words, in the page's colours", async () => {
  const page = await read("/docs/architecture");
  const diagrams = [...page.matchAll(/<svg role="img" aria-label="([^"]+)"[^]*?<\/svg>/g)];
  expect(diagrams.map(([, name]) => name)).toEqual([
    expect.stringContaining("a page posts a run to the server"),
    expect.stringContaining("Each of the four can end as canceled."),
  ]);
  expect(diagrams[1]![0]).toMatch(/<text[^>]*>timed_out<\/text>/);
  expect(page).not.toMatch(/mermaid|<style/i);
  expect(words(await read("/docs/search?q=presigned+PUT"))).toContain("Architecture");
});
