import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { canonicalCode } from "../../../protocol/canonical-code.ts";
import type { SignedExample } from "../../../server/pages/examples.ts";
import { GENERATORS } from "../../../server/pages/generators.ts";
import { notFoundPage } from "../../../server/pages/not-found.ts";
import { createPages } from "../../../server/pages/pages.ts";
import { openApiSample } from "./openapi-sample.ts";
import { textBetween, textOfHtml } from "./html-text.ts";

const code = 'if 1 < 2 && "a" > "b"\n  puts "</code></pre>&lt;"\nend';
const example: SignedExample = {
  slug: "one",
  tab: "One",
  title: "One & only",
  sentence: "It shows <this>.",
  runtime: "ruby",
  code,
  block: "eyJh.eyJi.c2ln",
  html: 'if 1 &lt; 2 &amp;&amp; "a" &gt; "b"\n  puts "&lt;/code&gt;&lt;/pre&gt;&amp;lt;"\nend',
};

const pages = createPages({
  examples: async () => [example, { ...example, slug: "two", title: "Two" }],
  guides: async () => [],
  openapi: openApiSample,
  serverUrl: "https://runner.example",
  origins: ["https://runner.example", "https://results.example"],
  scriptUrl: "https://runner.example/0.1.0/deferred-runner.js",
  pinnedScript: { url: "https://runner.example/v/x/deferred-runner.js", integrity: "sha384-abc" },
  currentUser: async () => undefined,
  version: "0.1.0",
});

describe("the examples page", () => {
  test("holds each block with its code so that the parser gives the same text back", async () => {
    const page = await (await pages.request("/")).text();
    const onPage = textBetween(
      page,
      '<deferred-runner block="eyJh.eyJi.c2ln"',
      "</deferred-runner>",
    );
    expect(canonicalCode(textOfHtml(/<code[^>]*>([^]*)<\/code>/.exec(onPage)![1]!))).toBe(
      canonicalCode(code),
    );
  });

  test("shows an embed tag that is whole, and HTML again once it is copied", async () => {
    const page = await (await pages.request("/")).text();
    const tag = textOfHtml(/id="tag-one"[^>]*>([^]*?)<\/pre>/.exec(page)![1]!);
    expect(tag).toContain('<deferred-runner block="eyJh.eyJi.c2ln">');
    expect(tag).toContain(
      '<script type="module" src="https://runner.example/0.1.0/deferred-runner.js"></script>',
    );
    expect(textOfHtml(/<code[^>]*>([^]*)<\/code>/.exec(tag)![1]!)).toBe(code);
  });

  test("shows for each site generator what its author pastes, as the guide lists it", async () => {
    const page = await (await pages.request("/")).text();
    const guide = readFileSync(join(import.meta.dirname, "../../../docs/embed.md"), "utf8");
    for (const { id, name, scriptInSetting = false } of GENERATORS) {
      const shown = (kind: string) =>
        textOfHtml(
          new RegExp(`id="command-${kind}-${id}"[^>]*>([^]*?)</pre>`).exec(page)?.[1] ?? "",
        );
      expect(guide).toMatch(new RegExp(`^\\| [^|]*${name}`, "m"));
      expect(shown("in")).toContain('<deferred-runner block="eyJh.eyJi.c2ln">');
      expect(shown("in").includes("<script"), name).toBe(!scriptInSetting);
      if (scriptInSetting) expect(shown("set")).toContain("/0.1.0/deferred-runner.js");
    }
  });

  test("loads the element by path, so that any name of the server serves the page", async () => {
    const page = await (await pages.request("/")).text();
    expect(page).toContain('<script type="module" src="/0.1.0/deferred-runner.js">');
  });

  test("escapes what an example says of itself", async () => {
    const page = await (await pages.request("/")).text();
    expect(page).toContain("It shows &lt;this&gt;.");
    expect(page).toContain("One &amp; only");
  });
});

test("the start page may load nothing but its own and the results", async () => {
  const response = await pages.request("/");
  const policy = response.headers.get("content-security-policy")!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("img-src 'self' data: https://runner.example https://results.example;");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  const page = await response.text();
  expect(page).not.toMatch(/ style=|<style|<script(?![^>]* src="\/)| on[a-z]+="/);
});

test("style and script are served for ever under paths that change with them", async () => {
  const page = await (await pages.request("/")).text();
  const paths = page.match(/\/assets\/[^"]+/g)!;
  expect(paths).toHaveLength(3);
  for (const path of paths) {
    const response = await pages.request(path);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toContain("immutable");
    expect((await response.text()).length).toBeGreaterThan(100);
  }
});

test("a person at a wrong address is told where to begin", async () => {
  expect(String(await notFoundPage({ version: "0.1.0", signedIn: undefined }))).toContain(
    '<a href="/">the examples</a>',
  );
});
