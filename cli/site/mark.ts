import { createCommand } from "../command/command.ts";
import { CliError, UsageError } from "../errors/cli-error.ts";
import { readTerms, type Terms } from "../sign/claims.ts";
import { wrongRuntime } from "../sign/runtime.ts";
import { addTermOptions } from "../sign/term-options.ts";

/** The options of a block that its mark in a page sets. */
export interface BlockMark {
  terms: Terms;
  runtime?: string | undefined;
  /** Other blocks of the page block by name, or `previous`. */
  after: string[];
  /** Files from the site's root. */
  setup?: string | undefined;
  files: string[];
  /** The name by which other blocks of the page build on it. */
  name?: string | undefined;
  /** Whether `--record` runs it. */
  record: boolean;
}

const HINT =
  "the words of a mark are the options of deferred sign without dashes, such as cache=1h: deferred sign --help";

/** Words that are also written in another way. */
const ALIASES: Readonly<Record<string, string>> = {
  files: "file",
  inputs: "input",
  limits: "limit",
  origins: "origin",
};

/** Reads the words of a mark with the options of `deferred sign`. Throws `CliError`. */
export function readMark(words: readonly string[]): BlockMark {
  const parser = addTermOptions(createCommand("mark", "A mark in a page"))
    .option("--name <NAME>")
    .option("--record <WHETHER>");
  try {
    parser.parse(words.flatMap(toOption), { from: "user" });
    const { file = [], after = [], setup, runtime, name, record, ...terms } = parser.opts();
    const wrong = runtime === undefined ? undefined : wrongRuntime(runtime);
    if (wrong !== undefined) throw new UsageError(`runtime: ${wrong}`);
    return {
      terms: readTerms(terms),
      runtime,
      after,
      setup,
      files: file,
      name: name === undefined ? undefined : readName(name),
      record: record === undefined || readRecord(record),
    };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    // Commander's suggestion is its hint's first part.
    const meant = /^did you mean ([^\s?]+)/.exec(error.hint ?? "")?.[1];
    throw new CliError(withoutDashes(error.message), {
      hint: meant ? `did you mean ${withoutDashes(meant)}?` : HINT,
      exitCode: error.exitCode,
      cause: error,
    });
  }
}

/** `cache=1h` as an argument of the command line. `edit=false` is the default. */
function toOption(word: string): string[] {
  const [, written = "", value] = /^(?:--)?([^=]+)(?:=([^]*))?$/.exec(word) ?? [];
  if (written === "run") return [];
  const name = ALIASES[written] ?? written;
  if (!/^[a-z][a-z-]*$/.test(name)) throw new UsageError(`unknown option '${word}'`);
  if (name === "network") return [`--limit=network=${value ?? "true"}`];
  if (name === "edit" && value === "false") return [];
  return [
    value === undefined || (name === "edit" && value === "true")
      ? `--${name}`
      : `--${name}=${value}`,
  ];
}

function withoutDashes(text: string): string {
  return text.replace(/(^|[\s'(])--(?=[a-z])/g, "$1");
}

function readName(name: string): string {
  if (/^[\w-]{1,64}$/.test(name) && name !== "previous") return name;
  throw new UsageError(`name=${name} is no name: letters, digits, - and _, and not "previous"`);
}

function readRecord(text: string): boolean {
  if (text === "no" || text === "yes") return text === "yes";
  throw new UsageError(`record takes yes or no, not "${text}"`);
}
