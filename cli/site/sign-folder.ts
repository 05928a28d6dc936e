import { networkNotes } from "../sign/network.ts";
import { CliError } from "../errors/cli-error.ts";
import { replaceFile } from "./atomic-file.ts";
import { readPages } from "./pages.ts";
import type { SiteProblem } from "./problem.ts";
import type { SignedPage } from "./sign-page.ts";
import type { Site } from "./site.ts";

export type SitePageBlock = SignedPage["blocks"][number];

export interface SignedFolder {
  /** How many HTML files were looked at. */
  pages: number;
  blocks: SitePageBlock[];
  problems: SiteProblem[];
  notes: string[];
  /** Pages with another text than before. */
  changed: { path: string; html: string }[];
}

/** Signs the pages below a folder, without writing anything. */
export function signFolder(site: Site, folder: string): SignedFolder {
  const signed: SignedFolder = { pages: 0, blocks: [], problems: [], notes: [], changed: [] };
  for (const { path, html, why } of readPages(folder)) {
    signed.pages++;
    if (html === undefined) {
      signed.notes.push(`${path} is left as it is: ${why}`);
      continue;
    }
    const page = site.signHtml(html, path);
    signed.blocks.push(...page.blocks);
    signed.problems.push(...page.problems);
    for (const { notes, line } of page.blocks) {
      signed.notes.push(...notes.map((text) => `${path}:${line}: ${text}`));
    }
    if (page.html !== html) signed.changed.push({ path, html: page.html });
  }
  return signed;
}

/** Writes the lock first: if a page can't be written, the next run finds its tokens. */
export function writeFolder(site: Site, { changed }: SignedFolder, how: { pruned: boolean }): void {
  site.save(how);
  for (const { path, html } of changed) replaceFile(path, html);
}

/** Asks the server once for each network that new blocks want. A refused one is a problem. */
export async function checkNetworks(site: Site, signed: SignedFolder): Promise<void> {
  const asked = new Map<string, SitePageBlock>();
  for (const block of signed.blocks) {
    const network = block.signable.limits?.network;
    if (block.isNew && network !== undefined && network !== false) {
      asked.set(JSON.stringify(network), block);
    }
  }
  for (const { file, line, signable } of asked.values()) {
    try {
      const notes = await networkNotes(site.author(), signable.limits?.network ?? false);
      signed.notes.push(...notes.map((text) => `${file}:${line}: ${text}`));
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      signed.problems.push({ file, line, message: error.message, hint: error.hint });
    }
  }
}
