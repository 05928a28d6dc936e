/** One character of a name, or `*`: any number of them. */
type Token = "*" | ((character: string) => boolean);
/** A part of a path, or `**`: any number of them. */
type Part = "**" | NamePart;

interface NamePart {
  readonly tokens: readonly Token[];
  readonly isHidden: boolean;
  /** What every name it matches begins and ends with: most names are told from it by these. */
  readonly begin: string;
  readonly end: string;
}

const MOST_ALTERNATIVES = 64;

/** Whether a pattern has anything in it but plain characters. */
export const isGlob = (pattern: string): boolean => /[*?[{\\]/.test(pattern);

/**
 * What the pattern matches, with `*`, `**`, `?`, `[a-z]`, `[!a]` and `{a,b}`; names that begin with a dot only
 * where the pattern has it. Takes time by the lengths alone: as a regular expression a pattern of some stars
 * goes on for years.
 */
export function globMatcher(pattern: string): (path: string) => boolean {
  const alternatives = expand(pattern).map((one) => one.split("/").map(partOf));
  return (path) => {
    const last = path.slice(path.lastIndexOf("/") + 1);
    const likely = alternatives.filter((parts) => mayEndIn(parts.at(-1)!, last));
    if (likely.length === 0) return false;
    const names = path.split("/");
    return likely.some((parts) =>
      matches(
        parts,
        names,
        (part) => part === "**",
        (part, name) => part !== "**" && matchesName(part, name),
        (name) => !name.startsWith("."),
      ),
    );
  };
}

function mayEndIn(part: Part, name: string): boolean {
  return part === "**" || (name.startsWith(part.begin) && name.endsWith(part.end));
}

function matchesName(part: NamePart, name: string): boolean {
  const { tokens, isHidden } = part;
  if (!mayEndIn(part, name) || (name.startsWith(".") && !isHidden)) return false;
  return matches(
    tokens,
    Array.from(name),
    (token) => token === "*",
    (token, character) => token !== "*" && token(character),
    () => true,
  );
}

/** Only the last star need ever be widened: what an earlier one could take as well, it may. */
function matches<One, Of>(
  pattern: readonly One[],
  items: readonly Of[],
  isStar: (one: One) => boolean,
  isOne: (one: One, item: Of) => boolean,
  mayTake: (item: Of) => boolean,
): boolean {
  let at = 0;
  let star: { at: number; from: number } | undefined;
  for (let index = 0; index < items.length;) {
    const one = pattern[at];
    if (at < pattern.length && isStar(one!)) star = { at: at++, from: index };
    else if (at < pattern.length && isOne(one!, items[index]!)) {
      at++;
      index++;
    } else if (star && mayTake(items[star.from]!)) {
      index = ++star.from;
      at = star.at + 1;
    } else return false;
  }
  return pattern.slice(at).every(isStar);
}

function partOf(text: string): Part {
  if (text === "**") return "**";
  const tokens: Token[] = [];
  for (const [token] of text.matchAll(/\\.|\[[!^]?\]?[^\]]*\]|\*+|./gsu))
    tokens.push(tokenOf(token));
  const [begin = ""] = /^[^\\[*?]*/.exec(text) ?? [];
  const end = /[\\[]/.test(text)
    ? ""
    : text.slice(Math.max(text.lastIndexOf("*"), text.lastIndexOf("?")) + 1);
  return { tokens, isHidden: /^\\?\./.test(text), begin, end };
}

function tokenOf(token: string): Token {
  if (token.startsWith("*")) return "*";
  if (token === "?") return () => true;
  if (token.length > 2 && token.startsWith("[")) {
    const [, not, set = ""] = /^\[([!^]?)(.*)\]$/s.exec(token)!;
    const ranges = [...set.matchAll(/(.)-(.)|(.)/gsu)].map(
      ([, first, last, one]) => [first ?? one!, last ?? one!] as const,
    );
    return (character) =>
      ranges.some(([first, last]) => first <= character && character <= last) === (not === "");
  }
  const plain = token.length > 1 ? token.replace(/^\\/, "") : token;
  return (character) => character === plain;
}

/** `a{b,c}` as `ab` and `ac`; what has no comma or no end stays as it is. */
function expand(pattern: string): string[] {
  const done: string[] = [];
  const left = [pattern];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [whole, before = "", inner = "", after = ""] =
      /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(next) ?? [];
    if (whole === undefined || done.length + left.length >= MOST_ALTERNATIVES) done.push(next);
    else left.push(...inner.split(",").map((one) => before + one + after));
  }
  return done;
}
