/** Distance of the button from the frame's corner, and of text from the button, in px. */
const GAP = 8;
/** Height of the button, in px. */
const HEIGHT = 32;
/** What an author's own toolbar consists of. */
const CONTROLS = "button, a, summary, [role=button]";

/**
 * Decides for each element whether Run may stand over the corner of the code: if it covers no text and no control
 * of the author's. The styles put it there if it is alone in its bar. One observer for all: it reports after the page's layout, when
 * reading positions costs little, and before the page is painted.
 */
let observer: ResizeObserver | undefined;

/** Places Run now, and again when the code's box changes its size. */
export function observeCode(root: ShadowRoot): void {
  const code = root.querySelector(".code");
  if (!code) return;
  observer ??= new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const shadow = target.getRootNode();
      if (shadow instanceof ShadowRoot) placeRun(shadow);
    }
  });
  // A code box that is observed already is reported again.
  observer.unobserve(code);
  observer.observe(code);
}

function placeRun(root: ShadowRoot): void {
  const code = root.querySelector<HTMLElement>(".code");
  const bar = root.querySelector(".bar");
  const run = bar?.querySelector<HTMLElement>(".run");
  if (!code || !bar || !run) return;
  // A table of line numbers may be wider than the frame, and have no scroller of its own.
  code.toggleAttribute("scrolls", code.scrollWidth > code.clientWidth);
  const { right, top, height } = code.getBoundingClientRect();
  const width = run.offsetWidth + 2 * GAP;
  // Code begins at the left on pages of any direction.
  const zone = {
    left: right - width,
    right,
    bottom: top + HEIGHT + GAP,
  };
  bar.toggleAttribute("over", height > HEIGHT && !covers(root.host, zone));
}

interface Zone {
  left: number;
  right: number;
  bottom: number;
}

/** Whether text or a control of the author's is in the zone, which reaches to the code's upper right corner. */
function covers(host: Element, zone: Zone): boolean {
  const boxes = [...host.querySelectorAll(CONTROLS)].map((one) => one.getBoundingClientRect());
  const texts = [...host.querySelectorAll(host.querySelector("code") ? "code" : "pre")];
  return (
    boxes.some((box) => box.width > 0 && isIn(box, zone)) ||
    texts.some((text) => reachesInto(text, zone))
  );
}

/** Looks at the first lines alone: those that begin above the zone's end. */
function reachesInto(element: Element, zone: Zone): boolean {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    range.selectNodeContents(text);
    const boxes = [...range.getClientRects()].filter(({ width }) => width > 0);
    if (boxes.some((box) => isIn(box, zone))) return true;
    if (boxes.some((box) => box.top >= zone.bottom)) return false;
  }
  return false;
}

function isIn(box: DOMRect, { left, right, bottom }: Zone): boolean {
  return box.right > left && box.left < right && box.top < bottom;
}
