/** A document without a window: its elements load nothing and run nothing. */
let inert: Document | undefined;

/** A copy of `host` as it first stood in the page, before translators and highlighters change it. */
export function keptCopy(host: Element): Element | undefined {
  inert ??= document.implementation.createHTMLDocument("");
  return /\S/.test(host.textContent) ? inert.importNode(host, true) : undefined;
}
