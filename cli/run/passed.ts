import { fstatSync } from "node:fs";
import type { InputSpec } from "../../protocol/claims.ts";
import { MAX_INPUT_BYTES } from "../../protocol/sizes.ts";
import { CliError, UsageError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { readBytes } from "../terminal/read-text.ts";
import type { GivenInput } from "./inputs.ts";

/** Arguments and standard input that the command line passes to a program. */
export interface Passed {
  /** The words after `--`. */
  args: readonly string[];
  stdin: string | undefined;
}

/**
 * Reads standard input if it is a file or `--stdin` was given. A pipe is not read by default: a pipe inherited from a
 * script may never end. Throws `CliError`.
 */
export async function readStandardInput(asked: boolean): Promise<string | undefined> {
  if (!asked && !fstatSync(0).isFile()) return undefined;
  const bytes = await readBytes("-");
  if (bytes.length > MAX_INPUT_BYTES) {
    throw new CliError(`standard input has ${bytes.length} bytes; an input may have 8 KiB`, {
      hint: "let the program read a shorter text",
      exitCode: EXIT.refused,
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CliError("standard input is not UTF-8 text", { exitCode: EXIT.refused, cause });
  }
}

/** The declarations and values of a plain file, which declares no inputs: all are text. Throws `UsageError`. */
export function declareInputs(given: readonly GivenInput[], { args, stdin: text }: Passed) {
  const passed = [
    ...given.map(({ name, value }) => ({ name, value, as: undefined })),
    ...args.map((value, index) => ({ name: `arg_${index + 1}`, value, as: "arg" as const })),
    ...(text === undefined ? [] : [{ name: "stdin", value: text, as: "stdin" as const }]),
  ];
  const specs: Record<string, InputSpec> = {};
  for (const { name, as } of passed) {
    if (as && specs[name]) throw new UsageError(`--input ${name} is the name of what is passed`);
    specs[name] = as === undefined ? { type: "text" } : { type: "text", as };
  }
  return { specs, given: passed };
}

/** The inputs of a signed block; those declared as arguments or standard input get the passed ones. Throws `UsageError`. */
export function fillInputs(
  given: readonly GivenInput[],
  declared: Record<string, InputSpec> = {},
  { args, stdin: text }: Passed,
): GivenInput[] {
  const named = new Set(given.map(({ name }) => name));
  const free = (as: InputSpec["as"]) =>
    Object.keys(declared).filter((name) => declared[name]?.as === as && !named.has(name));
  const places = free("arg");
  if (args.length > places.length) {
    throw new UsageError(`the block takes ${places.length} arguments, not ${args.length}`);
  }
  const [standard] = free("stdin");
  return [
    ...given,
    ...args.map((value, index) => ({ name: places[index]!, value })),
    ...(text === undefined || standard === undefined ? [] : [{ name: standard, value: text }]),
  ];
}
