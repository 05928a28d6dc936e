import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { orUnreadable } from "./atomic-file.ts";

/** An HTML file of a site, or a link in the place of one. */
export interface SiteFile {
  path: string;
  /** Its text, with a byte order mark if it has one; undefined if it is no text in UTF-8, or no HTML. */
  html: string | undefined;
  /** Why it can't be read. */
  why?: string;
  /** Whether a page that can't be read names the element or a mark. */
  mayHoldBlocks?: boolean;
}

/** Reads the pages below a folder one by one, in order. Folders that hold no built pages are left out. */
export function* readPages(folder: string): Generator<SiteFile> {
  for (const { path, why } of pagesIn(folder)) {
    yield why === undefined ? readPage(path) : { path, html: undefined, why };
  }
}

function pagesIn(folder: string): { path: string; why?: string }[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CliError(`there is no folder ${folder}`, {
      hint: "build the site first, then give the folder of its pages: _site, public, dist, build",
      exitCode: EXIT.usage,
    });
  }
  const found: { path: string; why?: string }[] = [];
  const rest = [folder];
  for (let path = rest.pop(); path !== undefined; path = rest.pop()) {
    const entries = orUnreadable(path, () => readdirSync(path, { withFileTypes: true }));
    for (const entry of entries) {
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
      const inside = join(path, entry.name);
      if (entry.isDirectory()) rest.push(inside);
      else if (entry.isSymbolicLink()) {
        // It may lead out of the site, or in a circle.
        if (HTML.test(entry.name) || isFolder(inside))
          found.push({ path: inside, why: "it is a link" });
      } else if (entry.isFile() && HTML.test(entry.name)) found.push({ path: inside });
      else if (entry.isFile() && /\.xht(ml)?$/i.test(entry.name)) {
        found.push({ path: inside, why: "it is XHTML" });
      }
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const HTML = /\.html?$/i;

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // A link to nothing, or to itself.
  }
}

function readPage(path: string): SiteFile {
  const bytes = orUnreadable(path, () => readFileSync(path));
  const unreadable = (why: string): SiteFile => ({
    path,
    html: undefined,
    why,
    mayHoldBlocks: bytes.includes("deferred"),
  });
  try {
    const html = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (html.includes("\0")) return unreadable("it holds NUL, so it is no HTML");
    if (html.trim() !== "" && !/<[a-z!]/i.test(html)) return unreadable("it holds no HTML");
    return { path, html };
  } catch {
    return unreadable("it is not UTF-8");
  }
}
