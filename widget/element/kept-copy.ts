/** A document without a window: its elements load nothing and run nothing. */
let inert: Document | undefined;

/** A copy of `host` as it first stood in the page, before translators and highlighters change it. */
export function keptCopy(host: Element): Element | undefined {
  const { length } = (host.textContent ?? "").trim();
  return length > 0 && length < 1 << 20
    ? (inert ??= document.createElement("template").content.ownerDocument).importNode(host, true)
    : undefined;
}
