/** Lists texts that an element around them cuts off where nothing scrolls. Runs in a page, and so calls nothing else. */
export function clippedTexts(): string[] {
  const clipped: string[] = [];
  const visit = (root: Document | ShadowRoot): void => {
    const nodes = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
      if (node instanceof Element && node.shadowRoot) visit(node.shadowRoot);
      if (node instanceof Text && isCut(node)) clipped.push(node.data.trim().slice(0, 60));
    }
  };
  const isCut = (text: Text): boolean => {
    const seen = { checkOpacity: true, visibilityProperty: true };
    if (text.data.trim() === "" || !text.parentElement?.checkVisibility(seen)) return false;
    const range = document.createRange();
    range.selectNodeContents(text);
    const boxes = [...range.getClientRects()].filter(({ width }) => width > 1);
    return boxes.some((box) => isBeyond(text, box));
  };
  const isBeyond = (text: Text, box: DOMRect): boolean => {
    let sideways = true;
    let down = true;
    for (let around = above(text); around && (sideways || down); around = above(around)) {
      const { overflowX, overflowY, clipPath, display } = getComputedStyle(around);
      // Text for screen readers alone is cut on purpose.
      if (clipPath !== "none") return false;
      if (display === "contents" || display === "inline") continue;
      if (/auto|scroll/.test(overflowX)) sideways = false;
      if (/auto|scroll/.test(overflowY)) down = false;
      const { left, right, top, bottom } = around.getBoundingClientRect();
      const cuts = /hidden|clip/;
      const isWide = box.left < left - 1 || box.right > right + 1;
      const isTall = box.top < top - 1 || box.bottom > bottom + 1;
      if (sideways && isWide && cuts.test(overflowX)) return true;
      if (down && isTall && cuts.test(overflowY)) return true;
    }
    return false;
  };
  /** The element around, as the page is drawn: slotted content is in its slot. */
  const above = (node: Element | Text): Element | undefined => {
    const parent = node.assignedSlot ?? node.parentNode;
    if (parent instanceof ShadowRoot) return parent.host;
    return parent instanceof Element ? parent : undefined;
  };
  visit(document);
  return clipped;
}

/** Gives all text the space that WCAG 1.4.12 lets a reader ask for. Runs in a page. */
export function spaceTexts(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }",
  );
  const roots = [...document.querySelectorAll("*")].flatMap(({ shadowRoot }) => shadowRoot ?? []);
  for (const root of [document, ...roots]) root.adoptedStyleSheets.push(sheet);
}
