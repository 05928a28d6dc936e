import { lazyPart } from "../element/lazy-part.ts";
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

const TRANSLATIONS: Record<string, () => Promise<{ translation: Translation }>> = {
  de: lazyPart(() => import("./de.ts")),
  es: lazyPart(() => import("./es.ts")),
  fr: lazyPart(() => import("./fr.ts")),
  ja: lazyPart(() => import("./ja.ts")),
  zh: lazyPart(() => import("./zh.ts")),
};

export const ENGLISH: Language = { tag: "en", page: english };

/** Returns `lang` as a BCP 47 tag if the element has its language, else `en`. */
export function spokenTag(lang: string): string {
  try {
    const locale = new Intl.Locale(lang.trim().replaceAll("_", "-"));
    const { language, script } = locale.maximize();
    // The Chinese words are written in the simplified script.
    if (language === "en" || (language in TRANSLATIONS && script !== "Hant"))
      return locale.baseName;
  } catch {
    // No language, or no tag of one.
  }
  return ENGLISH.tag;
}

/** Loads the words of `tag`, which `spokenTag` returned. */
export async function loadLanguage(tag: string): Promise<Language> {
  const load = TRANSLATIONS[tag.split("-")[0]!];
  if (!load) return { ...ENGLISH, tag };
  const { translation } = await load();
  return { tag, page: translation.page, translation };
}

/** Returns the `lang` that applies to `element`, across shadow roots; empty: unknown. */
export function nearestLang(element: Element): string {
  const found = element.closest("[lang]");
  if (found) return found.getAttribute("lang")!;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? nearestLang(root.host) : "";
}
