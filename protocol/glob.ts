/** One character of a name, or `*`: any number of characters. */
type Token = "*" | ((character: string) => boolean);
/** One segment of a path, or `**`: any number of segments. */
type Segment = "**" | NamePattern;

interface NamePattern {
  readonly tokens: readonly Token[];
  readonly matchesHidden: boolean;
  /** Literal prefix and suffix of every matching name: a cheap test that rejects most names. */
  readonly begin: string;
  readonly end: string;
}

const MAX_ALTERNATIVES = 64;

/** Whether a pattern contains wildcards. */
export const isGlob = (pattern: string): boolean => /[*?[{\\]/.test(pattern);

/** Whether `name` matches `pattern`, in which each `*` stands for any characters, `/` included. */
export function matchesWildcard(pattern: string, name: string): boolean {
  return matchSequence(
    Array.from(pattern),
    Array.from(name),
    (token) => token === "*",
    (token, character) => token === character,
    () => true,
  );
}

/**
 * Compiles a pattern with `*`, `**`, `?`, `[a-z]`, `[!a]` and `{a,b}`; a leading dot is matched by a dot alone.
 * Never compiled to a regular expression, whose backtracking an author's pattern could make exponential: picomatch
 * takes 26 s for 8 stars and a name of 60 characters. Here the time is at most pattern times path.
 */
export function globMatcher(pattern: string): (path: string) => boolean {
  const alternatives = expandBraces(pattern).map((one) => one.split("/").map(parseSegment));
  return (path) => {
    const last = path.slice(path.lastIndexOf("/") + 1);
    const likely = alternatives.filter((segments) => mayMatch(segments.at(-1)!, last));
    if (likely.length === 0) return false;
    const names = path.split("/");
    return likely.some((segments) =>
      matchSequence(
        segments,
        names,
        (segment) => segment === "**",
        (segment, name) => segment !== "**" && matchesName(segment, name),
        (name) => !name.startsWith("."),
      ),
    );
  };
}

function mayMatch(segment: Segment, name: string): boolean {
  return segment === "**" || (name.startsWith(segment.begin) && name.endsWith(segment.end));
}

function matchesName(pattern: NamePattern, name: string): boolean {
  const { tokens, matchesHidden } = pattern;
  if (!mayMatch(pattern, name) || (name.startsWith(".") && !matchesHidden)) return false;
  return matchSequence(
    tokens,
    Array.from(name),
    (token) => token === "*",
    (token, character) => token !== "*" && token(character),
    () => true,
  );
}

/** Matches with one level of backtracking: widening an earlier star never helps where the last one failed. */
function matchSequence<Token, Item>(
  pattern: readonly Token[],
  items: readonly Item[],
  isStar: (token: Token) => boolean,
  matchesOne: (token: Token, item: Item) => boolean,
  starMayTake: (item: Item) => boolean,
): boolean {
  let at = 0;
  let star: { at: number; from: number } | undefined;
  for (let index = 0; index < items.length;) {
    const token = pattern[at];
    if (at < pattern.length && isStar(token!)) star = { at: at++, from: index };
    else if (at < pattern.length && matchesOne(token!, items[index]!)) {
      at++;
      index++;
    } else if (star && starMayTake(items[star.from]!)) {
      index = ++star.from;
      at = star.at + 1;
    } else return false;
  }
  return pattern.slice(at).every(isStar);
}

function parseSegment(text: string): Segment {
  if (text === "**") return "**";
  const tokens: Token[] = [];
  for (const [token] of text.matchAll(/\\.|\[[!^]?\]?[^\]]*\]|\*+|./gsu))
    tokens.push(parseToken(token));
  const [begin = ""] = /^[^\\[*?]*/.exec(text) ?? [];
  const end = /[\\[]/.test(text)
    ? ""
    : text.slice(Math.max(text.lastIndexOf("*"), text.lastIndexOf("?")) + 1);
  return { tokens, matchesHidden: /^\\?\./.test(text), begin, end };
}

function parseToken(token: string): Token {
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

/** `a{b,c}` becomes `ab` and `ac`; braces without a comma or an end stay literal. */
function expandBraces(pattern: string): string[] {
  const done: string[] = [];
  const left = [pattern];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [whole, before = "", inner = "", after = ""] =
      /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(next) ?? [];
    if (whole === undefined || done.length + left.length >= MAX_ALTERNATIVES) done.push(next);
    else left.push(...inner.split(",").map((one) => before + one + after));
  }
  return done;
}
