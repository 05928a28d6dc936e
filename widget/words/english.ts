import { english } from "./en.ts";
import type { PageWords, Translation } from "./words.ts";

/** The language in which the element speaks. */
export interface Language {
  /** The words' BCP 47 tag, with the page's region: `de-CH`. */
  tag: string;
  page: PageWords;
  /** Absent: English, whose words from the press on are in the run part. */
  translation?: Translation | undefined;
}

/** The element's language, and the page's. */
export interface PageLanguage {
  spoken: Language;
  /** The page's `lang` here, for texts of the author and the program; undefined: it is that of the words. */
  authors?: string | undefined;
  /** The part for other languages keeps it up to date. */
  isFollowed?: true;
}

/** A page in English needs no list of the other languages. */
export const IN_ENGLISH = /^(en(-[A-Z]{2})?)?$/;

export const ENGLISH: Language = { tag: "en", page: english };
