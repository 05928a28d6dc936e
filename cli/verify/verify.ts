import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import * as v from "valibot";
import { ResultSchema } from "../../protocol/run.ts";
import { CliError, UsageError } from "../errors/cli-error.ts";
import { examples } from "../command/help.ts";
import { seconds } from "../command/options.ts";
import { LOCK_NAME } from "../site/lock.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { print, printJson, terminalWidth } from "../terminal/print.ts";
import { parseJson } from "../api/call.ts";
import { findSignedBlocks, readBlockSource, type Source } from "../page/source.ts";
import { verifyBlock } from "./block.ts";
import type { Verification } from "./finding.ts";
import { verifyResult } from "./result.ts";
import { verifySite, type SiteCheckOptions } from "./site.ts";

export function verify(command: Command): CommandUnknownOpts {
  return command
    .description(
      "Takes a page, a token, the output of deferred sign in any format, or a result.json. Says of a block who " +
        "signed it, for which server, what it may use, and whether code and signature are valid; of a result whether " +
        "the server's receipt is. Exit status: 0 all is valid, 65 something is not, 1 something could not be checked.",
    )
    .argument("[FILE|URL|-]")
    .option("--site <FOLDER>", "Check all pages below a folder; a fault is told with file and line")
    .option("--expires-within <TIME>", "With --site: find tokens that end so soon, as 30d", seconds)
    .option("--aud <URL>", "With --site: the server the blocks are for (default: by the lock)")
    .option("--lock <FILE>", `With --site: where tokens are kept (default: ${LOCK_NAME})`)
    .option("--offline", "With --site: do not ask the server for revocations")
    .option("--key <FILE>", "Public key (JWK or JWK set) that signed the block")
    .option("--jwks <FILE>", "The server's keys, to check a result offline")
    .option("--json", "Print JSON: each check and whether it is valid (null: not checked)")
    .addHelpText(
      "after",
      examples(
        "deferred verify page.html",
        "deferred verify https://blog.example/post",
        "deferred sign hello.rb --format json | deferred verify -",
        "deferred verify result.json --jwks jwks.json",
        "deferred verify --site public --expires-within 30d",
      ),
    )
    .action(async (name, { key, jwks, json, site, ...siteOptions }) => {
      if (site !== undefined) {
        if (name !== undefined) throw new UsageError(`give either --site or ${name}`);
        return verifySite(site, { ...siteOptions, key, json });
      }
      if (name === undefined)
        throw new UsageError("give it a file, an address, - or --site FOLDER");
      refuseSiteOptions(siteOptions);
      const findings = await inspect(await readBlockSource(name), key, jwks);
      if (json) printJson({ findings: findings.map(toJson) });
      else for (const [index, finding] of findings.entries()) printFinding(finding, index > 0);
      const all = findings.flatMap((finding) => finding.checks);
      if (all.some((check) => check.holds === false)) process.exitCode = EXIT.refused;
      else if (all.some((check) => check.holds === undefined)) process.exitCode = EXIT.failed;
    });
}

/** Throws `UsageError` for an option that only --site has. */
function refuseSiteOptions(options: Omit<SiteCheckOptions, "key" | "json">): void {
  const [name] = Object.entries(options).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(`--${flag} is for --site`);
}

/** Checks a result or blocks, whichever `source` holds. */
async function inspect(
  source: Source,
  keyFile: string | undefined,
  jwksFile: string | undefined,
): Promise<Verification[]> {
  const result = v.safeParse(ResultSchema, parseJson(source.text));
  if (result.success) return [await verifyResult(result.output, jwksFile)];
  const blocks = findSignedBlocks(source);
  if (blocks.length === 0) {
    throw new CliError("this is neither a page with blocks, nor a token, nor a result", {
      hint: "give it a page, what deferred sign printed, or a result.json",
    });
  }
  return Promise.all(blocks.map((block) => verifyBlock(block, keyFile)));
}

function toJson({ facts, checks }: Verification) {
  return {
    facts: Object.fromEntries(facts),
    checks: checks.map(({ name, holds, says }) => ({ name, holds: holds ?? null, says })),
  };
}

/**
 * Only our marks reach the first column: claims show as printable ASCII, and a line that the terminal would wrap is
 * wrapped here, indented.
 */
function printFinding({ facts, checks }: Verification, apart: boolean): void {
  const mark = (holds: boolean | undefined) => (holds === undefined ? "?" : holds ? "✓" : "✗");
  const rows = [
    ...facts.map(([name, value]) => [" ", name, value] as const),
    ...checks.map(({ name, holds, says }) => [mark(holds), name, says] as const),
  ];
  const names = Math.max(...rows.map(([, name]) => name.length));
  const indentation = " ".repeat(names + 5);
  const width = Math.max(20, (terminalWidth("stdout") ?? Number.POSITIVE_INFINITY) - names - 6);
  if (apart) print("");
  for (const [sign, name, value] of rows) {
    const [first = "", ...more] = wrap(escapeNonAscii(value), width);
    print(
      `${sign}  ${name.padEnd(names)}  ${first}`.trimEnd(),
      ...more.map((line) => indentation + line),
    );
  }
}

/** Other characters than printable ASCII show as their code point, so that none can pass for another. */
function escapeNonAscii(text: string): string {
  return text
    .replace(/ {2,}/g, " ")
    .replace(
      /[^\x20-\x7e]/gu,
      (character) => `\\u{${character.codePointAt(0)!.toString(16).padStart(4, "0")}}`,
    );
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += width) lines.push(text.slice(at, at + width));
  return lines;
}
