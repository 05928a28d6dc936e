import { ENGLISH, IN_ENGLISH } from "../words/english.ts";
import type { Block } from "./block.ts";
import { lazyPart } from "./lazy-part.ts";

const loadPageLanguage = lazyPart(() => import("../words/page-language.ts"));

/** Blocks of a page that is in English throughout, as most are: it needs no list of the other languages. */
const blocks = new Set<Block>();
let observer: MutationObserver | undefined;

/** Lets `block` speak the page's language, also when that changes. */
export function followLanguage(block: Block): void {
  const { host } = block;
  const { lang } = document.documentElement;
  observer ??= new MutationObserver(() => blocks.forEach(followLanguage));
  observer.observe(document, { subtree: true, attributeFilter: ["lang"] });
  blocks.add(block);
  const isOther = !IN_ENGLISH.test(lang) || document.querySelector(":root [lang]");
  if (isOther || host.getRootNode() !== document) {
    // If the part can't be loaded, the block stays in English.
    loadPageLanguage().then(
      ({ LanguageFollower }) => {
        if (blocks.delete(block)) block.language = new LanguageFollower(host);
      },
      () => undefined,
    );
  } else {
    block.language = { spoken: { ...ENGLISH, tag: lang || ENGLISH.tag } };
    host.requestUpdate();
  }
}

export function leavePage(block: Block): void {
  blocks.delete(block);
}
