import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { format } from "oxfmt";
import { version } from "../cli/layout.ts";
import { readServerSettings, startServer } from "../server/main.ts";
import { pinnedTag } from "../server/pages/pinned-tag.ts";
import { pinnedFile } from "../server/pages/widget-script.ts";
import { costTable } from "./costs/table.ts";
import { elementTables, publicPart } from "./element-tables.ts";
import { inRoot, ROOT, step } from "./root.mjs";
import { buildBundle, isStale } from "./bundles.mjs";

/** The current content of every file that is generated, in whole or in part, from the sources. */
export async function generatedDocs(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const manifest = await formatted("custom-elements.json", elementManifest());
  files.set("custom-elements.json", manifest);
  const guide = withGenerated("docs/embed.md", "widget/", elementTables(manifest));
  files.set("docs/embed.md", await formatted("docs/embed.md", guide));
  const readme = withGenerated("README.md", "widget/", pinnedScript());
  files.set("README.md", await formatted("README.md", readme));
  const aws = withGenerated("docs/aws.md", "setup/costs/", `${costTable()}\n`);
  files.set("docs/aws.md", await formatted("docs/aws.md", aws));
  files.set("docs/openapi.json", await formatted("docs/openapi.json", await openApi()));
  return files;
}

/** Paths of generated files that are out of date. */
export async function staleDocs(): Promise<string[]> {
  const files = await generatedDocs();
  return [...files].filter(([path, text]) => current(path) !== text).map(([path]) => path);
}

function current(path: string): string | undefined {
  return existsSync(inRoot(path)) ? readFileSync(inRoot(path), "utf8") : undefined;
}

function elementManifest(): string {
  const folder = mkdtempSync(join(tmpdir(), "deferred-manifest-"));
  try {
    const cem = inRoot("node_modules/@custom-elements-manifest/analyzer/cem.js");
    // The analyzer takes an absolute folder for one below the folder it works in.
    const options = ["--config", "setup/custom-elements-manifest.mjs"];
    const args = [cem, "analyze", ...options, "--outdir", relative(ROOT, folder)];
    step("reading the element", process.execPath, args);
    return publicPart(readFileSync(join(folder, "custom-elements.json"), "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Starts a server to get its OpenAPI document, since the routes define its parts. */
async function openApi(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "deferred-openapi-"));
  if (isStale("widget")) buildBundle("widget");
  const settings = readServerSettings({ DEFERRED_DATA: folder, DEFERRED_LOG: "silent", PORT: "0" });
  const server = await startServer(settings, {
    responder: { command: process.execPath, args: [] },
    assets: {
      widget: inRoot("dist/widget/deferred-runner.js"),
      examples: inRoot("examples"),
      guides: inRoot("dist/guides/guides.json"),
      version: version(),
    },
  });
  try {
    const response = await fetch(`${server.url}/openapi.json`);
    const document = (await response.json()) as object;
    return JSON.stringify({ ...document, servers: [{ url: "https://runner.example" }] });
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

const END = "<!-- end -->";

/** The file with the generated `part` between the marks that name `source`. */
function withGenerated(path: string, source: string, part: string): string {
  const begin = `<!-- begin: made from ${source} by \`npm run docs\` -->`;
  const [before, rest] = readFileSync(inRoot(path), "utf8").split(begin);
  if (rest === undefined) throw new Error(`${path} has no line ${begin}`);
  const after = rest.slice(rest.indexOf(END) + END.length);
  return `${before}${begin}\n\n${part}\n${END}${after}`;
}

/** The script tag that loads exactly the element as it is built now. */
function pinnedScript(): string {
  if (isStale("widget")) buildBundle("widget");
  const text = readFileSync(inRoot("dist/widget/pinned.js"), "utf8");
  const { path, integrity } = pinnedFile(text, version());
  const tag = pinnedTag({ url: `https://runner.example${path}`, integrity });
  return ["```html", tag, "```", ""].join("\n");
}

async function formatted(path: string, text: string): Promise<string> {
  const { code, errors } = await format(path, text, { printWidth: 100 });
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  return code;
}

if (import.meta.main) {
  for (const [path, text] of await generatedDocs()) writeFileSync(inRoot(path), text);
}
