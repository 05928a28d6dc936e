import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { usageError } from "./cli-error.ts";

export interface Option {
  type: "string" | "boolean";
  /** What stands for the value in the help, such as `FILE`. */
  value?: string;
  multiple?: boolean;
  help: string;
}

/** One verb of the command line: what its help says, and what it does. */
export interface Command {
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
  readonly #values: Record<string, unknown>;

  constructor(command: string, positionals: string[], values: Record<string, unknown>) {
    this.command = command;
    this.positionals = positionals;
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

  flag(name: string): boolean {
    return this.#values[name] === true;
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

  wrong(message: string): Error {
    return usageError(message, this.command);
  }
}

/** Splits `argv` by what `command` declares. Throws a usage error. */
export function parseArguments(command: Command, argv: string[]): Arguments {
  const options: ParseArgsOptionsConfig = { help: { type: "boolean", short: "h" } };
  for (const [name, { type, multiple = false }] of Object.entries(command.options)) {
    options[name] = { type, multiple };
  }
  try {
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
    return new Arguments(command.name, positionals, values);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw usageError(sentence(cause.message), command.name);
  }
}

/** Node's message, without its advice on `--` and its full stop. */
function sentence(message: string): string {
  const first = message.split(". ")[0]!.replace(/\.$/, "");
  return first.charAt(0).toLowerCase() + first.slice(1);
}
