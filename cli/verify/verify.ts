import * as v from "valibot";
import { ResultSchema } from "../../protocol/run.ts";
import { CliError } from "../cli-error.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { print, printJson, terminalWidth } from "../print.ts";
import { blocksOf, parseJson, readSource, type Source } from "../source.ts";
import { verifyBlock } from "./block.ts";
import type { Finding } from "./finding.ts";
import { verifyResult } from "./result.ts";

export const verify: Command = {
  name: "verify",
  usage: "FILE | URL | - [options]",
  summary: "Say who signed a block or a result, and whether it holds.",
  details: [
    "Takes a page, a token, what deferred sign printed in any format, or a result.json. Says of a block who\n" +
      "signed it, for which server, what it may use, and whether code and signature fit; of a result whether\n" +
      "the server's receipt fits it. Exit status: 0 all holds, 65 something does not, 1 something could\n" +
      "not be checked.",
  ],
  options: {
    key: {
      type: "string",
      value: "FILE",
      help: "Public key (JWK or JWK set) that signed the block",
    },
    jwks: { type: "string", value: "FILE", help: "The server's keys, to check a result offline" },
    json: {
      type: "boolean",
      help: "As JSON: what was found, and whether it holds (null: not checked)",
    },
  },
  examples: [
    "deferred verify page.html",
    "deferred verify https://blog.example/post",
    "deferred sign hello.rb --format json | deferred verify -",
    "deferred verify result.json --jwks jwks.json",
  ],
  async run(args) {
    const source = await readSource(args.only("a file, an address or -"));
    const findings = await inspect(source, args.text("key"), args.text("jwks"));
    if (args.flag("json")) printJson({ findings: findings.map(asJson) });
    else for (const [index, finding] of findings.entries()) printFinding(finding, index > 0);
    const all = findings.flatMap((finding) => finding.checks);
    if (all.some((check) => check.holds === false)) return EXIT.refused;
    return all.some((check) => check.holds === undefined) ? EXIT.failed : EXIT.ok;
  },
};

/** Finds out what `source` is by its content. */
async function inspect(
  source: Source,
  keyFile: string | undefined,
  jwksFile: string | undefined,
): Promise<Finding[]> {
  const result = v.safeParse(ResultSchema, parseJson(source.text));
  if (result.success) return [await verifyResult(result.output, jwksFile)];
  const blocks = blocksOf(source);
  if (blocks.length === 0) {
    throw new CliError("this is neither a page with blocks, nor a token, nor a result", {
      hint: "give it a page, what deferred sign printed, or a result.json",
    });
  }
  return Promise.all(blocks.map((block) => verifyBlock(block, keyFile)));
}

function asJson({ facts, checks }: Finding) {
  return {
    facts: Object.fromEntries(facts),
    checks: checks.map(({ name, holds, says }) => ({ name, holds: holds ?? null, says })),
  };
}

/**
 * Marks stand in the first column alone, and nothing that a block or a result says of itself reaches it:
 * claims show as printable ASCII, and a line that the terminal would wrap is wrapped here, indented.
 */
function printFinding({ facts, checks }: Finding, apart: boolean): void {
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
    const [first = "", ...more] = wrapped(literal(value), width);
    print(
      `${sign}  ${name.padEnd(names)}  ${first}`.trimEnd(),
      ...more.map((line) => indentation + line),
    );
  }
}

/** What is no printable ASCII shows as its code point, so that it can't pass for anything else. */
function literal(text: string): string {
  return text
    .replace(/ {2,}/g, " ")
    .replace(
      /[^\x20-\x7e]/gu,
      (character) => `\\u{${character.codePointAt(0)!.toString(16).padStart(4, "0")}}`,
    );
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += width) lines.push(text.slice(at, at + width));
  return lines;
}
