import { nearest } from "./nearest.ts";
import { END_STATES, OPEN_STATES, RUN_STATES, type RunState } from "./run.ts";

/** Groups of states beside the states themselves. */
const STATE_GROUPS: Readonly<Record<string, readonly RunState[]>> = {
  open: OPEN_STATES,
  ended: END_STATES,
  unsuccessful: ["failed", "timed_out", "killed", "errored"],
};

const RUN_CAUSES = [
  "push",
  "pull_request",
  "schedule",
  "exec",
  "request",
  "replay",
  "reader",
] as const;
export const RUN_KINDS = ["block", "command"] as const;

/** Words that begin a term, each with what follows it. */
export const FILTER_KEYS = {
  state: "a state such as failed, or open, ended, unsuccessful",
  branch: "the name of a branch",
  tag: "the name of a tag",
  author: "a part of the name or address of a commit's author",
  cause: "push, pull_request, schedule, exec, request, replay or reader",
  commit: "the first digits of a commit's name, four or more",
  kind: "block or command",
  block: "the id of a published block",
  day: "a day (UTC) such as 2026-11-30",
} as const;
export type FilterKey = keyof typeof FILTER_KEYS;

/** Other names of keys. */
const ALIASES: Readonly<Record<string, FilterKey>> = { status: "state", is: "state" };

const MAX_FILTER = 500;
const MAX_TERMS = 20;

export interface FilterTerm {
  /** Absent: text that the title contains. */
  key?: FilterKey;
  value: string;
}

/** The filter of a list of runs. Terms of one key are alternatives; all keys have to fit, and all texts. */
export interface RunTerms {
  states: readonly RunState[];
  /** In full: `refs/heads/main`. */
  refs: readonly string[];
  authors: readonly string[];
  causes: readonly string[];
  commits: readonly string[];
  kinds: readonly string[];
  blocks: readonly string[];
  /** Days (UTC) since 1970. */
  days: readonly number[];
  texts: readonly string[];
}

export type ParsedFilter =
  | { terms: RunTerms; problem?: never }
  | { problem: string; terms?: never };

/** Parses `branch:main state:failed "a text"`. A problem is a sentence for the person who typed it. */
export function parseRunFilter(text: string): ParsedFilter {
  if (text.length > MAX_FILTER)
    return { problem: `A filter has ${MAX_FILTER} characters at most.` };
  const found = splitFilter(text);
  if (found.length > MAX_TERMS) return { problem: `A filter has ${MAX_TERMS} terms at most.` };
  const problem =
    found.map(problemOf).find((one) => one !== undefined) ??
    wordsOf(text)
      .map(misspellingOf)
      .find((one) => one !== undefined);
  if (problem !== undefined) return { problem };
  const of = (key: FilterKey) => found.filter((term) => term.key === key).map(({ value }) => value);
  return {
    terms: {
      states: of("state").flatMap((state) => STATE_GROUPS[state] ?? [state as RunState]),
      refs: [
        ...of("branch").map((name) => (name.startsWith("refs/") ? name : `refs/heads/${name}`)),
        ...of("tag").map((name) => `refs/tags/${name}`),
      ],
      authors: of("author"),
      causes: of("cause"),
      commits: of("commit").map((name) => name.toLowerCase()),
      kinds: of("kind"),
      blocks: of("block"),
      days: of("day").map((day) => Date.parse(`${day}T00:00:00Z`) / 86_400_000),
      texts: found.filter(({ key }) => key === undefined).map(({ value }) => value),
    },
  };
}

/** The terms of a filter: words, or texts in double quotes. A word with an unknown key is a text. */
export function splitFilter(text: string): FilterTerm[] {
  return wordsOf(text)
    .map((word) => {
      const [, name = "", rest = ""] = /^([a-z]+):(.+)$/is.exec(word) ?? [];
      const key = keyOf(name.toLowerCase());
      if (key === undefined) return { value: unquote(word) };
      const value = unquote(rest);
      const folded = key === "state" || key === "cause" || key === "kind";
      return { key, value: folded ? value.toLowerCase().replaceAll("-", "_") : value };
    })
    .filter(({ value }) => value !== "");
}

function wordsOf(text: string): string[] {
  return text.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
}

function keyOf(name: string): FilterKey | undefined {
  if (Object.hasOwn(FILTER_KEYS, name)) return name as FilterKey;
  return Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
}

function unquote(word: string): string {
  return word.replaceAll('"', "");
}

/** The filter with `value` in place of the terms of its key, for the links of lists. */
export function narrowFilter(filter: string, key: FilterKey, value: string): string {
  const rest = splitFilter(filter).filter((term) => term.key !== key);
  return writeTerms([...rest, { key, value }]);
}

export function writeTerms(terms: readonly FilterTerm[]): string {
  return terms
    .map(({ key, value }) => {
      const plain = value.replaceAll('"', " ");
      const quoted = /\s/.test(plain) || (key === undefined && plain.includes(":"));
      return `${key === undefined ? "" : `${key}:`}${quoted ? `"${plain}"` : plain}`;
    })
    .join(" ");
}

function problemOf({ key, value }: FilterTerm): string | undefined {
  const allowed = allowedValues(key);
  if (allowed && !allowed.includes(value)) {
    const meant = nearest(value, allowed);
    const advice =
      meant === undefined ? `Use ${FILTER_KEYS[key!]}.` : `Did you mean ${key}:${meant}?`;
    return `There is no ${key} “${value}”. ${advice}`;
  }
  if (key === "commit" && !/^[0-9a-f]{4,64}$/i.test(value)) {
    return `commit: takes ${FILTER_KEYS.commit}.`;
  }
  if (key === "day" && !isDay(value)) return `day: takes ${FILTER_KEYS.day}.`;
  return undefined;
}

/** `fix:` begins many a title; `brnch:` is a mistake. */
function misspellingOf(word: string): string | undefined {
  const [, name = ""] = /^([a-z]{4,}):/i.exec(word) ?? [];
  if (keyOf(name.toLowerCase()) !== undefined) return undefined;
  const meant = nearest(name, Object.keys(FILTER_KEYS));
  if (name === "" || meant === undefined) return undefined;
  return `There is no ${name}: to filter by. Did you mean ${meant}:? A text with a colon needs quotes.`;
}

function allowedValues(key: FilterKey | undefined): readonly string[] | undefined {
  if (key === "state") return [...RUN_STATES, ...Object.keys(STATE_GROUPS)];
  if (key === "cause") return RUN_CAUSES;
  return key === "kind" ? RUN_KINDS : undefined;
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}
