import { lazyPart } from "../element/lazy-part.ts";
import { ENGLISH, type Language } from "./english.ts";
import type { Translation } from "./words.ts";

const TRANSLATIONS: Record<string, () => Promise<{ translation: Translation }>> = {
  de: lazyPart(() => import("./de.ts")),
  es: lazyPart(() => import("./es.ts")),
  fr: lazyPart(() => import("./fr.ts")),
  ja: lazyPart(() => import("./ja.ts")),
  zh: lazyPart(() => import("./zh.ts")),
};

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
