import { join } from "node:path";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { checkServerUrl } from "../sign/sign-file.ts";
import { mayHoldMarks } from "../site/find-marks.ts";
import { BlockLock, LOCK_NAME } from "../site/lock.ts";
import { readPages } from "../site/pages.ts";
import { note, print, printJson } from "../terminal/print.ts";
import { plural } from "../terminal/plural.ts";
import { keysIn } from "./block-key.ts";
import { checkSitePage, type SiteBlock, type SiteFinding } from "./site-blocks.ts";
import { askServers, checkSignatures } from "./site-signatures.ts";

export interface SiteCheckOptions {
  /** File with public keys. */
  key?: string | undefined;
  aud?: string | undefined;
  lock?: string | undefined;
  expiresWithin?: number | undefined;
  offline?: true | undefined;
  json?: true | undefined;
}

/** Checks every block of a built site, and prints each problem with file and line. */
export async function verifySite(folder: string, options: SiteCheckOptions): Promise<void> {
  const lock = new BlockLock(options.lock ?? join(process.cwd(), LOCK_NAME));
  const server = options.aud === undefined ? lock.server : checkServerUrl(options.aud);
  const expected = { server, expiresWithinS: options.expiresWithin ?? 0, now: Date.now() };
  const blocks: SiteBlock[] = [];
  const findings: SiteFinding[] = [];
  const notes: string[] = [];
  const unread: string[] = [];
  let pages = 0;
  for (const { path, html, why, mayHoldBlocks } of readPages(folder)) {
    pages++;
    if (html === undefined) {
      if (mayHoldBlocks) unread.push(`${path} seems to hold blocks, and ${why}`);
      else notes.push(`${path} is not checked: ${why}`);
    } else if (mayHoldMarks(html)) {
      const page = checkSitePage(html, path, expected);
      blocks.push(...page.blocks);
      findings.push(...page.findings);
    }
  }
  const keys = [...lock.keys, ...(options.key === undefined ? [] : await keysIn(options.key))];
  const known = await checkSignatures(blocks, keys, { asksServer: !options.offline });
  findings.push(...known.findings);
  const wrong = new Set(findings.map(placeOf));
  // The server's answer about a block with a fault would repeat it.
  const sound = blocks.filter((one) => !wrong.has(placeOf(one)));
  const asked = options.offline
    ? { findings: [], unchecked: known.unchecked }
    : await askServers(sound, server ?? undefined);
  findings.push(...asked.findings);
  report(
    {
      pages,
      blocks: blocks.length,
      findings: inOrder(findings),
      unchecked: [...unread, ...asked.unchecked],
      notes,
    },
    options,
  );
}

interface Report {
  pages: number;
  blocks: number;
  findings: SiteFinding[];
  unchecked: string[];
  notes: string[];
}

function report(found: Report, { json }: SiteCheckOptions): void {
  const { pages, blocks, findings, unchecked, notes } = found;
  if (json) printJson(found);
  else {
    for (const { file, line, message } of findings) print(`${file}:${line}: ${message}`);
    const counted = `${plural(blocks, "block")} on ${plural(pages, "page")}`;
    print(
      findings.length === 0
        ? `${counted}: nothing is wrong`
        : `${counted}: ${findings.length} wrong`,
    );
  }
  for (const text of [...notes, ...unchecked.map((what) => `not checked: ${what}`)]) note(text);
  if (findings.length > 0) {
    throw new CliError(
      `${plural(findings.length, "block")} would not run as ${findings.length === 1 ? "it stands" : "they stand"}`,
      {
        hint: "build the site and sign it again (deferred sign site), with --renew after a key was revoked",
        exitCode: EXIT.refused,
      },
    );
  }
  if (unchecked.length > 0) process.exitCode = EXIT.failed;
}

function placeOf({ file, line }: { file: string; line: number }): string {
  return `${file}:${line}`;
}

function inOrder(findings: SiteFinding[]): SiteFinding[] {
  return findings.toSorted((a, b) =>
    a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1,
  );
}
