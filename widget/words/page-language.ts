import type { ReactiveController, ReactiveControllerHost } from "lit";
import { ENGLISH, IN_ENGLISH, type Language, type PageLanguage } from "./english.ts";
import { loadLanguage, spokenTag } from "./language.ts";

/** Follows the `lang` of the host and its ancestors. */
export class LanguageFollower implements ReactiveController, PageLanguage {
  /** The language of the element's words; English until another is loaded. */
  spoken: Language = ENGLISH;
  /** The page's `lang` here, for texts of the author and the program; undefined: it is that of the words. */
  authors: string | undefined;
  readonly isFollowed = true;
  readonly #host: ReactiveControllerHost & Element;
  #wanted = "";

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
    const lang = (this.#wanted = nearestLang(this.#host));
    const show = (spoken: Language) => {
      if (this.#wanted !== lang) return;
      this.spoken = spoken;
      this.authors = lang === spoken.tag ? undefined : lang;
      this.#host.requestUpdate();
    };
    const found = languageFor(lang);
    // If the words can't be loaded, the last language stays.
    if (found instanceof Promise) found.then(show, () => undefined);
    else show(found);
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

/** Returns the `lang` that applies to `element`, across shadow roots; empty: unknown. */
export function nearestLang(element: Element): string {
  const found = element.closest("[lang]");
  if (found) return found.getAttribute("lang")!;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? nearestLang(root.host) : "";
}

/** Returns the language of the words for `element`. */
export function spokenAt(element: Element): Language | Promise<Language> {
  return languageFor(nearestLang(element));
}

/** Returns the language of a `lang`; English, which the element brings, at once. */
function languageFor(lang: string): Language | Promise<Language> {
  return IN_ENGLISH.test(lang)
    ? { ...ENGLISH, tag: lang || ENGLISH.tag }
    : loadLanguage(spokenTag(lang));
}
