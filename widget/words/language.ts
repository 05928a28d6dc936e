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

/** The scripts that the translations are written in: `zh-Hant` and `zh-TW` are none of them. */
const SCRIPTS: Record<string, string> = {
  de: "Latn",
  en: "Latn",
  es: "Latn",
  fr: "Latn",
  ja: "Jpan",
  zh: "Hans",
};

const TRANSLATIONS: Record<string, () => Promise<Translation>> = {
  de: () => import("./de.ts").then(({ german }) => german),
  es: () => import("./es.ts").then(({ spanish }) => spanish),
  fr: () => import("./fr.ts").then(({ french }) => french),
  ja: () => import("./ja.ts").then(({ japanese }) => japanese),
  zh: () => import("./zh.ts").then(({ chinese }) => chinese),
};

export const ENGLISH: Language = { tag: "en", page: english };

/** Returns `lang` as a BCP 47 tag if the element has its language, else `en`. */
export function spokenTag(lang: string): string {
  try {
    const locale = new Intl.Locale(lang.trim().replaceAll("_", "-"));
    if (SCRIPTS[locale.language] === locale.maximize().script) return locale.toString();
  } catch {
    // No language, or no tag of one.
  }
  return ENGLISH.tag;
}

/** Loads the words of `tag`, which `spokenTag` returned. */
export async function loadLanguage(tag: string): Promise<Language> {
  const load = TRANSLATIONS[tag.split("-")[0]!];
  if (!load) return { ...ENGLISH, tag };
  const translation = await load();
  return { tag, page: translation.page, translation };
}

/** Returns the `lang` that applies to `element`, across shadow roots; empty: unknown. */
export function nearestLang(element: Element): string {
  const found = element.closest("[lang]");
  if (found) return found.getAttribute("lang")!;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? nearestLang(root.host) : "";
}
