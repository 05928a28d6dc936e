import type { ReactiveController, ReactiveControllerHost } from "lit";
import { ENGLISH, loadLanguage, nearestLang, spokenTag, type Language } from "../words/language.ts";

/** Follows the `lang` of the host and its ancestors. */
export class PageLanguage implements ReactiveController {
  /** The language of the element's words; English until another is loaded. */
  spoken: Language = ENGLISH;
  /** The page's `lang` here, for texts of the author and the program; undefined: it is that of the words. */
  authors: string | undefined;
  readonly #host: ReactiveControllerHost & Element;
  #wanted = ENGLISH.tag;

  constructor(host: ReactiveControllerHost & Element) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    observe(this.#host);
    following.add(this.#look);
    this.#look();
  }

  hostDisconnected(): void {
    following.delete(this.#look);
    if (following.size === 0) observer?.disconnect();
  }

  #look = (): void => {
    const lang = nearestLang(this.#host);
    const tag = (this.#wanted = spokenTag(lang));
    const show = (spoken: Language) => {
      if (this.#wanted !== tag) return;
      this.spoken = spoken;
      this.authors = lang === spoken.tag ? undefined : lang;
      this.#host.requestUpdate();
    };
    if (tag === this.spoken.tag) return show(this.spoken);
    // If the words can't be loaded, the last language stays.
    loadLanguage(tag).then(show, () => undefined);
  };
}

const following = new Set<() => void>();
/** One for all elements of the page. */
let observer: MutationObserver | undefined;

/** Observes the document of `element`, and the shadow roots that it is in. */
function observe(element: Element): void {
  observer ??= new MutationObserver(() => following.forEach((look) => look()));
  const root = element.getRootNode();
  observer.observe(root, { subtree: true, attributes: true, attributeFilter: ["lang"] });
  if (root instanceof ShadowRoot) observe(root.host);
}
