import { ENGLISH, IN_ENGLISH } from "../words/english.ts";
import type { Block } from "./block.ts";
import { lazyPart } from "./lazy-part.ts";

const loadPageLanguage = lazyPart(() => import("../words/page-language.ts"));

/** Blocks in English, as most are: they need no list of the other languages. */
const blocks = new Set<Block>();
let observer: MutationObserver | undefined;

/** Lets `block` speak the page's language, also when that changes. */
export function followLanguage(block: Block): void {
  const { host } = block;
  observer ??= new MutationObserver(() => blocks.forEach(followLanguage));
  observer.observe(document, { subtree: true, attributeFilter: ["lang"] });
  blocks.add(block);
  const { lang = "" } = host.closest<HTMLElement>("[lang]") ?? {};
  // The language of a shadow tree may be that of an element around it.
  if (IN_ENGLISH.test(lang) && document.contains(host)) {
    block.language = { spoken: { ...ENGLISH, tag: lang || ENGLISH.tag } };
    host.requestUpdate();
  } else {
    // If the part can't be loaded, the block stays in English.
    loadPageLanguage().then(
      ({ LanguageFollower }) => {
        if (blocks.delete(block)) block.language = new LanguageFollower(host);
      },
      () => undefined,
    );
  }
}

export function leavePage(block: Block): void {
  blocks.delete(block);
}
