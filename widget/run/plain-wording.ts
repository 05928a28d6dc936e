import { plainEnglish } from "../words/en-plain.ts";
import type { Language } from "../words/english.ts";
import { plainFormatOf, type PlainFormat } from "../words/plain-format.ts";
import type { PageWords, PlainWords } from "../words/words.ts";

/** The words of a run that prints text and succeeds. `Wording` has all of them. */
export interface PlainWording {
  page: PageWords;
  run: PlainWords;
  format: PlainFormat;
}

const made = new Map<string, PlainWording>();

/** Returns the words of `language`, made once. */
export function plainWordingOf({ tag, page, translation }: Language): PlainWording {
  const known = made.get(tag);
  if (known) return known;
  const format = plainFormatOf(tag, translation?.units.s);
  const wording = { page, run: (translation?.run ?? plainEnglish)(format), format };
  made.set(tag, wording);
  return wording;
}
