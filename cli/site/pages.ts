import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { orUnreadable } from "./atomic-file.ts";

/** An HTML file of a site. */
export interface SiteFile {
  path: string;
  /** Its text, with a byte order mark if it has one; undefined if it is no text in UTF-8, or no HTML. */
  html: string | undefined;
  /** Why it can't be read. */
  why?: string;
}

/** Reads the pages below a folder one by one, in order. Folders that hold no built pages are left out. */
export function* readPages(folder: string): Generator<SiteFile> {
  for (const path of pagesIn(folder)) yield readPage(path);
}

function pagesIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CliError(`there is no folder ${folder}`, {
      hint: "build the site first, then give the folder of its pages: _site, public, dist, build",
      exitCode: EXIT.usage,
    });
  }
  const found: string[] = [];
  const rest = [folder];
  for (let path = rest.pop(); path !== undefined; path = rest.pop()) {
    // A link may lead out of the site, or in a circle.
    const entries = orUnreadable(path, () => readdirSync(path, { withFileTypes: true }));
    for (const entry of entries) {
      const isLeftOut = entry.name.startsWith(".") || entry.name === "node_modules";
      if (entry.isDirectory() && !isLeftOut) rest.push(join(path, entry.name));
      else if (entry.isFile() && /\.html?$/i.test(entry.name)) found.push(join(path, entry.name));
    }
  }
  return found.sort();
}

function readPage(path: string): SiteFile {
  const bytes = orUnreadable(path, () => readFileSync(path));
  try {
    const html = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (html.includes("\0"))
      return { path, html: undefined, why: "it holds NUL, so it is no HTML" };
    if (html.trim() !== "" && !/<[a-z!]/i.test(html)) {
      return { path, html: undefined, why: "it holds no HTML" };
    }
    return { path, html };
  } catch {
    return { path, html: undefined, why: "it is not UTF-8" };
  }
}
