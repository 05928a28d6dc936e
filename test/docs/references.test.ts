import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import MarkdownIt from "markdown-it";
import { describe, expect, test } from "vitest";

// What pages of the repository point to is there: files, headings, scripts.

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const git = (...args: string[]) => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" });

/** Files that are tracked, or are not yet, and the folders that hold them. */
const files = git("ls-files", "--cached", "--others", "--exclude-standard").trim().split("\n");
const places = new Set(files.flatMap((file) => [file, ...foldersOf(file)]));
const pages = files.filter((file) => /^(?:[A-Z]+|(?:docs|examples)\/.*)\.md$/.test(file));
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

function foldersOf(file: string): string[] {
  const parts = file.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

const markdown = new MarkdownIt();
const tokensOf = (page: string) =>
  markdown.parse(read(page), {}).flatMap((token) => [token, ...(token.children ?? [])]);

/** As GitHub makes a heading's address. */
function anchorsOf(page: string): string[] {
  const tokens = markdown.parse(read(page), {});
  return tokens.flatMap(({ type }, index) => {
    if (type !== "heading_open") return [];
    const inline = tokens[index + 1]!.children ?? [];
    const text = inline.map(({ content }) => content).join("");
    return [
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ];
  });
}

describe.each(pages)("%s", (page) => {
  test("links to files and headings that are there", () => {
    const links = tokensOf(page)
      .map((token) => token.attrGet("href") ?? token.attrGet("src"))
      .filter((link) => typeof link === "string")
      .filter((link) => !/^[a-z]+:/.test(link));
    const broken = links.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : normalize(join(dirname(page), path));
      if (!places.has(target)) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("names npm scripts that are there", () => {
    const named = [...read(page).matchAll(/\bnpm (?:run (?:--\S+ )*([\w:-]+)|(test|start)\b)/g)];
    for (const [, script, plain] of named) expect(scripts).toHaveProperty([script ?? plain!]);
  });
});

// Pages for contributors lead to the code by path.
const guides = pages.filter(
  (page) =>
    /^(CONTRIBUTING|docs\/architecture)\.md$/.test(page) || page.startsWith("docs/decisions/"),
);
const top = new Set(files.map((file) => file.split("/")[0]!));

/** Paths in code spans and code blocks: words that begin with a folder of the repository. NAME is a placeholder. */
function pathsIn(page: string): string[] {
  const code = tokensOf(page)
    .filter(({ type }) => type === "code_inline" || type === "fence")
    .map(({ content }) => content);
  return code
    .flatMap((text) => text.split(/[\s"'`()[\],;|]+/))
    .map((word) => word.replace(/[.:]$/, "").replace("NAME", "*"))
    .filter((word) => word.includes("/") && top.has(word.split("/")[0]!));
}

test.each(guides)("%s names files and folders that are there", (page) => {
  const missing = pathsIn(page).filter((path) =>
    /[*{]/.test(path)
      ? globSync(path, { cwd: ROOT }).length === 0
      : !places.has(path.replace(/\/$/, "")),
  );
  expect(missing).toEqual([]);
});
