import { ENGLISH, IN_ENGLISH } from "../words/english.ts";
import type { Block } from "./block.ts";
import { lazyPart } from "./lazy-part.ts";

const loadPageLanguage = lazyPart(() => import("../words/page-language.ts"));

/** Lets `block` speak the page's language. Most pages are in English, and need no list of the other languages. */
export function readLanguage(block: Block): void {
  const { host, language } = block;
  if (language.isFollowed) return;
  const { lang = "" } = host.closest<HTMLElement>("[lang]") ?? {};
  // The language of a shadow tree may be that of an element around it.
  if (IN_ENGLISH.test(lang) && document.contains(host)) {
    block.language = { spoken: { ...ENGLISH, tag: lang || ENGLISH.tag } };
    host.requestUpdate();
  } else {
    // If the part can't be loaded, the block stays in English.
    loadPageLanguage().then(
      ({ LanguageFollower }) => {
        if (!block.language.isFollowed) block.language = new LanguageFollower(host);
      },
      () => undefined,
    );
  }
}
