import * as v from "valibot";
import { ResultSchema } from "../../protocol/run.ts";
import { CliError } from "../cli-error.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { columns } from "../columns.ts";
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
    process.stdout.write(`${findings.map(paragraph).join("\n\n")}\n`);
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

function paragraph({ facts, checks }: Finding): string {
  const mark = (holds: boolean | undefined) => (holds === undefined ? "?" : holds ? "✓" : "✗");
  const rows = [
    ...facts.map(([name, value]) => ["", name, value]),
    ...checks.map(({ name, holds, says }) => [mark(holds), name, says]),
  ];
  return columns(rows).join("\n");
}
