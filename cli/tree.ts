import { usageError } from "./cli-error.ts";
import type { Command } from "./command.ts";
import { nearest } from "./nearest.ts";

/** Commands that share their first words: `projects secrets`. */
export interface Group {
  /** Those words; empty for the whole command line. */
  name: string;
  summary: string;
  details?: string[];
  commands: Entry[];
  /** The one that is meant where none is named. */
  usual?: string;
  examples: string[];
}

/** A word of the command line. What it stands for is loaded when it is called, so that all start fast. */
export interface Entry {
  name: string;
  summary: string;
  load: () => Promise<Command | Group>;
}

export function isGroup(node: Command | Group): node is Group {
  return "commands" in node;
}

/** What the words at the front of `argv` name, and what follows them. Throws a usage error. */
export async function find(
  root: Group,
  argv: string[],
): Promise<{ found: Command | Group; rest: string[] }> {
  let found: Command | Group = root;
  let rest = argv;
  while (isGroup(found)) {
    const [word] = rest;
    const group: Group = found;
    const named = group.commands.find(({ name }) => name === word);
    if (!named && word !== undefined && !word.startsWith("-")) throw unknown(group, word);
    const usual = word === "--help" || word === "-h" ? undefined : group.usual;
    const entry = named ?? group.commands.find(({ name }) => name === usual);
    if (!entry) return { found, rest };
    found = await entry.load();
    if (named) rest = rest.slice(1);
  }
  return { found, rest };
}

/** What is said where a group's name stands alone, or before a word that it does not know. */
export function unknown(group: Group, word: string | undefined): Error {
  const names = group.commands.map(({ name }) => name);
  if (group.name !== "") {
    const no = word === undefined || word.startsWith("-") ? "" : `, not "${word}"`;
    const meant = word && nearest(word, names);
    const whole = meant && `deferred ${group.name} ${meant}`;
    return usageError(`${group.name} needs ${verbs(group)}${no}`, group.name, whole);
  }
  const what = word?.startsWith("-") ? "option" : "command";
  const meant = /^-[vV]$/.test(word ?? "")
    ? "--version"
    : nearest(word ?? "", [...names, "--version", "--help"]);
  return usageError(`there is no ${what} "${word}"`, undefined, meant && `deferred ${meant}`);
}

function verbs({ commands }: Group): string {
  const names = commands.map(({ name }) => name);
  const others = names.slice(0, -1).join(", ");
  return others === "" ? names[0]! : `${others} or ${names.at(-1)}`;
}
