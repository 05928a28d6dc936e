import type { Command, Option } from "../command.ts";
import { isGroup, type Group } from "../tree.ts";
import type { Known } from "./known.ts";

/** What may follow some words of the command line, as its help declares it. */
export interface Place {
  /** The words before: empty for `deferred` itself. */
  words: string[];
  /** Further words, with what they do. */
  next: { word: string; summary: string }[];
  options: CompletedOption[];
  /** What its arguments are, where the server knows them; absent: files, as far as the shell can tell. */
  argument?: Known;
}

export interface CompletedOption {
  /** As it is typed: `--ref`, `-X`. */
  names: string[];
  help: string;
  /** What its value is; absent where it takes none. */
  value?: ValueKind;
}

export type ValueKind = "file" | "folder" | "project" | "text";

const HELP: CompletedOption = { names: ["--help", "-h"], help: "Show the help" };

/** Every place of the command line. */
export async function places(group: Group, words: string[] = []): Promise<Place[]> {
  const here: Place = {
    words,
    next: group.commands.map(({ name, summary }) => ({ word: name, summary })),
    options: [HELP],
  };
  const found = [here];
  for (const entry of group.commands) {
    const node = await entry.load();
    const path = [...words, entry.name];
    if (isGroup(node)) found.push(...(await places(node, path)));
    else
      found.push({ words: path, next: [], options: optionsOf(node.options), ...argumentOf(node) });
    if (isGroup(node) || entry.name !== group.usual) continue;
    // Where its name may be left out, its options may follow all the same.
    here.options = optionsOf(node.options);
  }
  return found;
}

function optionsOf(options: Record<string, Option>): CompletedOption[] {
  const declared = Object.entries(options).flatMap(([name, option]): CompletedOption[] => {
    const { short, help, type, negatable } = option;
    const names = [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
    const value = type === "string" ? { value: kindOf(option) } : {};
    const opposite = { names: [`--no-${name}`], help: `Not: ${help}` };
    return [{ names, help, ...value }, ...(negatable ? [opposite] : [])];
  });
  return [...declared, HELP];
}

function argumentOf({ usage }: Command): Pick<Place, "argument"> {
  if (/^RUN\b/.test(usage)) return { argument: "runs" };
  // A new one's name is nobody's to offer.
  return /^\[?OWNER\/NAME\]? \[options\]$/.test(usage) ? { argument: "projects" } : {};
}

function kindOf({ value }: Option): ValueKind {
  if (value === "FILE") return "file";
  if (value === "OWNER/NAME") return "project";
  return value === "FOLDER" ? "folder" : "text";
}
