/** A place that a search may find. */
export interface SearchEntry {
  href: string;
  page: string;
  /** Empty for a page's beginning. */
  heading: string;
  text: string;
}

interface FoundPlace extends SearchEntry {
  /** A part of the text, around the first word that was looked for. */
  excerpt: string;
}

export interface SearchAnswer {
  places: FoundPlace[];
  /** How many places there are, more than are listed perhaps. */
  total: number;
  /** The parts of `text` in order; every second one is a word that was looked for. */
  split: (text: string) => string[];
}

export const LONGEST_QUERY = 100;
const MOST_WORDS = 8;
const MOST_PLACES = 20;

/** Searches entries for all words of a query, the best place first. The work is bounded by the text of the entries. */
export function createSearch(entries: readonly SearchEntry[]): (query: string) => SearchAnswer {
  const prepared = entries.map((entry) => ({
    entry,
    page: entry.page.toLowerCase(),
    heading: entry.heading.toLowerCase(),
    text: entry.text.toLowerCase(),
  }));
  return (query) => {
    const words = wordsOf(query);
    const split = splitter(words);
    const whole = words.join(" ");
    const found = prepared
      .map(({ entry, ...texts }) => ({
        entry,
        score: words.length > 0 ? scoreOf(texts, words, whole) : 0,
      }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score);
    return {
      total: found.length,
      places: found
        .slice(0, MOST_PLACES)
        .map(({ entry }) => ({ ...entry, excerpt: excerptOf(entry.text, words) })),
      split,
    };
  };
}

function wordsOf(query: string): string[] {
  const words = query.slice(0, LONGEST_QUERY).toLowerCase().split(/\s+/);
  return [...new Set(words.filter((word) => word !== ""))].slice(0, MOST_WORDS);
}

/** Zero where a word is missing. Headings count more than pages' names, and those more than text. */
function scoreOf(
  texts: { page: string; heading: string; text: string },
  words: readonly string[],
  whole: string,
): number {
  let sum = 0;
  for (const word of words) {
    const score =
      10 * matchOf(texts.heading, word) + 4 * matchOf(texts.page, word) + matchOf(texts.text, word);
    if (score === 0) return 0;
    sum += score;
  }
  if (texts.heading === whole || (texts.heading === "" && texts.page === whole)) sum += 40;
  if (words.length > 1 && `${texts.heading} ${texts.text}`.includes(whole)) sum += 10;
  return sum;
}

/** 2 where the word begins a word of the text, 1 where it is within one. */
function matchOf(text: string, word: string): number {
  const at = text.indexOf(word);
  if (at < 0) return 0;
  return at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? "") ? 2 : 1;
}

const BEFORE = 60;
const LENGTH = 220;

function excerptOf(text: string, words: readonly string[]): string {
  const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((at) => at >= 0);
  const first = places.length > 0 ? Math.min(...places) : 0;
  const begin = first <= BEFORE ? 0 : text.indexOf(" ", first - BEFORE) + 1;
  if (text.length <= begin + LENGTH) return (begin > 0 ? "… " : "") + text.slice(begin);
  const end = text.lastIndexOf(" ", begin + LENGTH);
  return `${begin > 0 ? "… " : ""}${text.slice(begin, end > begin ? end : begin + LENGTH)} …`;
}

function splitter(words: readonly string[]): (text: string) => string[] {
  if (words.length === 0) return (text) => [text];
  const longestFirst = words.toSorted((a, b) => b.length - a.length);
  const pattern = new RegExp(
    `(${longestFirst.map((word) => RegExp.escape(word)).join("|")})`,
    "gi",
  );
  return (text) => text.split(pattern);
}
