/** Distance of the button from the frame's corner, and of text from the button, in px. */
const GAP = 8;
/** Height of the button, in px. */
const HEIGHT = 32;
/** What an author's own toolbar consists of. */
const CONTROLS = "button,a,summary,[role=button]";

/**
 * Decides for each element whether Run may stand over the corner of the code: if it covers no text and no control
 * of the author's. The styles put it there if it is alone in its bar. One observer for all: it reports after the page's layout, when
 * reading positions costs little, and before the page is painted.
 */
let observer: ResizeObserver | undefined;

/** Places Run now, and again when the code's box changes its size. */
export function observeCode(root: ShadowRoot): void {
  const code = root.querySelector(".code")!;
  observer ??= new ResizeObserver((entries) => entries.forEach(placeRun));
  // A code box that is observed already is reported again.
  observer.unobserve(code);
  observer.observe(code);
}

function placeRun({ target: code }: ResizeObserverEntry): void {
  const { host } = code.getRootNode() as ShadowRoot;
  const bar = code.nextElementSibling as HTMLElement;
  const { right, top, height } = code.getBoundingClientRect();
  // Code begins at the left on pages of any direction.
  const left = right - bar.querySelector<HTMLElement>(".run")!.offsetWidth - 2 * GAP;
  const bottom = top + HEIGHT + GAP;
  const isFree = (one: Element | Range) =>
    [...one.getClientRects()].every(
      (box) => !box.width || box.right <= left || box.left >= right || box.top >= bottom,
    );
  let isOver = height > HEIGHT && [...host.querySelectorAll(CONTROLS)].every(isFree);
  const texts = document.createNodeIterator(host, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let text; isOver && (text = texts.nextNode());) {
    range.selectNode(text);
    const [first] = range.getClientRects();
    // The lines from here on are below the button.
    if (first && first.top >= bottom) break;
    isOver = isFree(range);
  }
  bar.toggleAttribute("over", isOver);
  // One line of code may be lower than the button with both gaps.
  bar.style.top = `${Math.min(GAP, (height - HEIGHT) / 2)}px`;
}
