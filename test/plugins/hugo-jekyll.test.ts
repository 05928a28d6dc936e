import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { needs } from "../needs.ts";
import { siteFolder, writeSite } from "../site/site-folder.ts";
import { expectTorture, torturePage } from "./torture.ts";

const PLUGINS = join(import.meta.dirname, "../../plugins");

function buildWith(command: string, args: string[], cwd: string) {
  return promisify(execFile)(command, args, { cwd });
}

/** A site with one of our files in its place. */
function siteWith(plugin: string, place: string, files: Record<string, string>) {
  const site = siteFolder();
  writeSite(site.root, files);
  mkdirSync(dirname(join(site.root, place)), { recursive: true });
  cpSync(join(PLUGINS, plugin), join(site.root, place));
  /** The page as `deferred sign site` leaves it. */
  const signed = (file: string) => {
    const html = readFileSync(join(site.root, file), "utf8");
    const page = site.open().signHtml(html, file);
    expect(page.problems).toEqual([]);
    return page.html;
  };
  return { root: site.root, signed };
}

const HUGO = "/usr/bin/hugo";
const hugoSite = (files: Record<string, string>) =>
  siteWith("hugo/render-codeblock.html", "layouts/_default/_markup/render-codeblock.html", {
    "config.toml": 'title = "T"\ndisableKinds = ["taxonomy", "term", "RSS", "sitemap", "404"]\n',
    "layouts/_default/single.html": "<!doctype html><html><body>{{ .Content }}</body></html>",
    "layouts/index.html": "<!doctype html><html><body></body></html>",
    ...files,
  });
/** Hugo's way to write a shortcode that is none. */
const unescapeHugo = (code: string) => code.replace("{{</* s */>}}", "{{< s >}}");

describe("Hugo with the render hook", needs(existsSync(HUGO), "hugo"), () => {
  test("code survives it as it is", async () => {
    const { root, signed } = hugoSite({
      "content/post.md": `---\ntitle: A\n---\n${torturePage()}`,
      "content/crlf.md": torturePage("\r\n"),
      "content/table.md":
        '```python {linenos=table hl_lines=2 .run cache="1h"}\nprint(1)\n\nprint(2)\n```\n',
    });
    await buildWith(HUGO, ["--quiet"], root);
    expectTorture(signed("public/post/index.html"), "post.md", unescapeHugo);
    expectTorture(signed("public/crlf/index.html"), "crlf.md", unescapeHugo);
    expect(signed("public/table/index.html")).toContain("<deferred-runner block=");
  });

  test("fences in any form are marked, and no others", async () => {
    const { root } = hugoSite({
      "content/a.md": [
        '```python {linenos=table .run cache="1h"}\nprint(1)\n```',
        "```python {run=true cache=1h}\nprint(2)\n```",
        "```python {run edit}\nprint(3)\n```",
        "```python\nprint(4)\n```",
        "```python runner\nprint(5)\n```",
        "    ```python run\n    print(6)\n    ```",
        '```python {title="How to run it"}\nprint(9)\n```',
        '```python {title="To run it" run cache="2h"}\nprint(10)\n```',
        "1. One\n\n   ```ruby {3} run name=x\n   puts 7\n\n     8\n   ```",
      ].join("\n\n"),
    });
    await buildWith(HUGO, ["--quiet"], root);
    const html = readFileSync(join(root, "public/a/index.html"), "utf8");
    const marks = [...html.matchAll(/data-deferred="([^"]*)"/g)].map(([, mark]) => mark);
    expect(marks).toEqual([
      "cache=&#34;1h&#34;",
      "cache=1h",
      "edit",
      "cache=&#34;2h&#34;",
      "name=x",
    ]);
  });

  test("a shortcode in code that is not escaped fails the build, which says so", async () => {
    const { root } = hugoSite({ "content/a.md": "```python run\nprint('{{< x >}}')\n```\n" });
    await expect(buildWith(HUGO, ["--quiet"], root)).rejects.toThrow(
      /a\.md:2:.* template for shortcode "x" not found/,
    );
  });
});

const JEKYLL = "/usr/bin/jekyll";
describe("Jekyll with the plug-in", needs(existsSync(JEKYLL), "jekyll"), () => {
  test("code survives it as it is, and Liquid works around it", async () => {
    const { root, signed } = siteWith("jekyll/deferred.rb", "_plugins/deferred.rb", {
      "_config.yml": "title: T\n",
      "_layouts/page.html": "<!doctype html><html><body>{{ content }}</body></html>",
      "post.md": `---\nlayout: page\nsubject: A post\n---\n{{ page.subject }}\n\n${torturePage()}`,
      "crlf.md": `---\r\nlayout: page\r\n---\r\n${torturePage("\r\n")}`,
      "plain.md": `---\nlayout: page\nrender_with_liquid: false\n---\n${torturePage()}`,
      "title.md": '---\n---\n```python title="how to run it"\nprint(1)\n```\n',
      "item.md": "---\n---\n- ```python {linenos} run edit\n  print('{{ x }}')\n  ```\n",
    });
    await buildWith(JEKYLL, ["build", "--quiet"], root);
    for (const name of ["post", "crlf", "plain"]) expectTorture(signed(`_site/${name}.html`), name);
    expect(signed("_site/post.html")).toContain("<p>A post</p>");
    expect(readFileSync(join(root, "_site/title.html"), "utf8")).not.toContain("deferred:");
    expect(signed("_site/item.html")).toMatch(/<deferred-runner block="[^"]+">/);
  });
});
