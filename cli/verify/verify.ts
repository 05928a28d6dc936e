import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import * as v from "valibot";
import { ResultSchema } from "../../protocol/run.ts";
import { unreachable } from "../api.ts";
import { CliError } from "../cli-error.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { columns } from "../help.ts";
import { findBlocks } from "../run/page.ts";
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
    const source = await read(args.only("a file, an address or -"));
    const findings = await inspect(source, args.text("key"), args.text("jwks"));
    process.stdout.write(`${findings.map(paragraph).join("\n\n")}\n`);
    const all = findings.flatMap((finding) => finding.checks);
    if (all.some((check) => check.holds === false)) return EXIT.refused;
    return all.some((check) => check.holds === undefined) ? EXIT.failed : EXIT.ok;
  },
};

interface Source {
  text: string;
  /** Where it was fetched from. */
  url?: string;
}

async function read(name: string): Promise<Source> {
  if (name === "-") return { text: await text(process.stdin) };
  if (!/^https?:\/\//.test(name)) {
    const source = await readFile(name, "utf8").catch((cause: NodeJS.ErrnoException) => {
      throw new CliError(`${name} can't be read (${cause.code})`, { cause });
    });
    return { text: source };
  }
  const response = await fetch(name).catch((cause: unknown) => {
    throw unreachable(name, cause);
  });
  if (!response.ok) throw new CliError(`${name} answered ${response.status}`);
  return { text: await response.text(), url: response.url };
}

const SignedSchema = v.object({ block: v.string(), code: v.string() });

/** Finds out what `source` is by its content. */
async function inspect(
  source: Source,
  keyFile: string | undefined,
  jwksFile: string | undefined,
): Promise<Finding[]> {
  const trimmed = source.text.trim();
  if (/^[\w-]+\.[\w-]*\.[\w-]*$/.test(trimmed)) {
    return [await verifyBlock({ block: trimmed, code: undefined }, keyFile)];
  }
  const json = trimmed.startsWith("{") ? parseJson(trimmed) : undefined;
  const signed = v.safeParse(SignedSchema, json);
  if (signed.success) return [await verifyBlock(signed.output, keyFile)];
  const result = v.safeParse(ResultSchema, json);
  if (result.success) return [await verifyResult(result.output, jwksFile)];

  const blocks = findBlocks(source.text, source.url);
  if (blocks.length === 0) {
    throw new CliError("this is neither a page with blocks, nor a token, nor a result", {
      hint: "give it a page, what deferred sign printed, or a result.json",
    });
  }
  return Promise.all(blocks.map((block) => verifyBlock(block, keyFile)));
}

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

function paragraph({ facts, checks }: Finding): string {
  const mark = (holds: boolean | undefined) => (holds === undefined ? "?" : holds ? "✓" : "✗");
  const rows = [
    ...facts.map(([name, value]) => ["", name, value]),
    ...checks.map(({ name, holds, says }) => [mark(holds), name, says]),
  ];
  return columns(rows)
    .map((line) => line.slice(2))
    .join("\n");
}
