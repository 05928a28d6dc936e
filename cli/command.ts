import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { usageError } from "./cli-error.ts";
import { nearest } from "./nearest.ts";

export interface Option {
  type: "string" | "boolean";
  /** What stands for the value in the help, such as `FILE`. */
  value?: string;
  /** One letter, where other programs have taught it. */
  short?: string;
  multiple?: boolean;
  /** `--no-NAME` says the opposite. */
  negatable?: boolean;
  help: string;
}

/** One verb of the command line: what its help says, and what it does. */
export interface Command {
  /** All its words: `projects secrets set`. */
  name: string;
  /** What follows the name, such as `FILE [options]`. */
  usage: string;
  summary: string;
  /** Paragraphs below the summary. */
  details?: string[];
  options: Record<string, Option>;
  examples: string[];
  /** The exit code; 0 where it returns none. */
  run(args: Arguments): Promise<number | void>;
}

/** A command's arguments, by the kind each option was declared as. */
export class Arguments {
  readonly command: string;
  readonly positionals: string[];
  /** Those after `--`; absent where there was none. */
  readonly rest: string[] | undefined;
  readonly #values: Record<string, unknown>;

  constructor(
    command: string,
    positionals: string[],
    rest: string[] | undefined,
    values: Record<string, unknown>,
  ) {
    this.command = command;
    this.positionals = positionals;
    this.rest = rest;
    this.#values = values;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  list(name: string): string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** The values of a list, each of which may hold several between commas; undefined where it is absent. */
  commaList(name: string): string[] | undefined {
    if (this.#values[name] === undefined) return undefined;
    return this.list(name)
      .flatMap((value) => value.split(","))
      .map((value) => value.trim())
      .filter((value) => value !== "");
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** A negatable option: undefined where neither it nor its opposite was given. */
  choiceOf(name: string): boolean | undefined {
    const value = this.#values[name];
    return typeof value === "boolean" ? value : undefined;
  }

  /** The option's value, which has to be one of `choices`; the first where it is absent. */
  choice<const Choice extends string>(
    name: string,
    choices: readonly [Choice, ...Choice[]],
  ): Choice {
    const value = this.text(name) ?? choices[0];
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw this.wrong(`--${name} has to be ${choices.join(" or ")}, not "${value}"`);
  }

  /** The only positional. */
  only(what: string): string {
    const [first, second] = this.positionals;
    if (first === undefined) throw this.wrong(`${this.command} needs ${what}`);
    if (second !== undefined) throw this.wrong(`"${second}" is one argument too many`);
    return first;
  }

  /** For commands that take options alone. */
  none(): void {
    const [first] = this.positionals;
    if (first !== undefined) throw this.wrong(`"${first}" is one argument too many`);
  }

  wrong(message: string): Error {
    return usageError(message, this.command);
  }
}

/** Splits `argv` by what `command` declares. Throws a usage error. */
export function parseArguments(command: Command, argv: string[]): Arguments {
  const options: ParseArgsOptionsConfig = { help: { type: "boolean", short: "h" } };
  for (const [name, { type, short, multiple = false }] of Object.entries(command.options)) {
    options[name] = { type, multiple, ...(short === undefined ? {} : { short }) };
  }
  try {
    const { values, positionals, tokens } = parseArgs({
      args: argv,
      options,
      allowPositionals: true,
      // Elsewhere an option may begin with no- itself.
      allowNegative: Object.values(command.options).some(({ negatable }) => negatable),
      tokens: true,
    });
    for (const token of tokens) {
      if (token.kind !== "option" || !token.rawName.startsWith("--no-")) continue;
      if (token.rawName === `--${token.name}` || command.options[token.name]?.negatable) continue;
      throw usageError(`unknown option '${token.rawName}'`, command.name);
    }
    const end = tokens.find(({ kind }) => kind === "option-terminator");
    const rest = end && argv.slice(end.index + 1);
    return new Arguments(command.name, positionals, rest, values);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    // Commands that take another's words are often called without what sets those apart.
    const apart = command.usage.includes(" -- ") ? "; put -- before what is not for deferred" : "";
    throw usageError(`${sentence(cause.message)}${apart}`, command.name, meantBy(cause, command));
  }
}

/** Of an option that the command does not have, the one that is most like it. */
function meantBy({ message }: TypeError, { options }: Command): string | undefined {
  const [, unknown] = /^Unknown option '(--[^']+)'/.exec(message) ?? [];
  const known = Object.entries(options).flatMap(([name, { negatable }]) =>
    negatable ? [`--${name}`, `--no-${name}`] : [`--${name}`],
  );
  return unknown && nearest(unknown, [...known, "--help"]);
}

/** Node's message, without its advice on `--` and its full stop. */
function sentence(message: string): string {
  const [, unclear] = /^(Option '.+') argument is ambiguous/.exec(message) ?? [];
  if (unclear)
    return `${unclear.replace("Option", "option")} needs a value; one that begins with a dash goes behind --NAME=`;
  const first = message.split(". ")[0]!.replace(/\.$/, "");
  return first.charAt(0).toLowerCase() + first.slice(1);
}
