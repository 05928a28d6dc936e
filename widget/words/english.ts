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

export const ENGLISH: Language = { tag: "en", page: english };
