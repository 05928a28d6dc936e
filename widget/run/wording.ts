import { ENGLISH_UNITS, englishRun } from "../words/en-run.ts";
import { amountFormatOf, type AmountFormat } from "../words/amount-format.ts";
import type { Language } from "../words/english.ts";
import type { PageWords, RunWords } from "../words/words.ts";

/** All words of a language, and how it writes amounts. */
export interface Wording {
  tag: string;
  page: PageWords;
  run: RunWords;
  format: AmountFormat;
}

const made = new Map<string, Wording>();

/** Returns the words of `language`, made once. */
export function wordingOf({ tag, page, translation }: Language): Wording {
  const known = made.get(tag);
  if (known) return known;
  const format = amountFormatOf(tag, translation?.units ?? ENGLISH_UNITS);
  const wording = { tag, page, run: (translation?.run ?? englishRun)(format), format };
  made.set(tag, wording);
  return wording;
}
