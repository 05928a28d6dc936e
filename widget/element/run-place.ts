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
const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const root = target.getRootNode();
    if (root instanceof ShadowRoot) placeRun(root);
  }
});

/** Places Run now, and again when the code's box changes its size. */
export function observeCode(root: ShadowRoot): void {
  const code = root.querySelector(".code");
  if (!code) return;
  // A code box that is observed already is reported again.
  observer.unobserve(code);
  observer.observe(code);
}

function placeRun(root: ShadowRoot): void {
  const bar = root.querySelector(".bar");
  const code = root.querySelector(".code")?.getBoundingClientRect();
  const run = bar?.querySelector<HTMLElement>(".run");
  if (!bar || !code || !run) return;
  const zone = {
    left: code.right - run.offsetWidth - 2 * GAP,
    bottom: code.top + HEIGHT + GAP,
  };
  bar.toggleAttribute("over", code.height > HEIGHT && !covers(root.host, zone));
}

/** Whether text or a control of the author's is in the zone, which reaches to the code's upper right corner. */
function covers(host: Element, { left, bottom }: { left: number; bottom: number }): boolean {
  const inner = host.querySelector("code") ? "code" : "pre";
  const texts = [...host.querySelectorAll(inner)].map((element) => {
    const text = document.createRange();
    text.selectNodeContents(element);
    return text;
  });
  return [...texts, ...host.querySelectorAll(CONTROLS)]
    .flatMap((one) => [...one.getClientRects()])
    .some((box) => box.width > 0 && box.right > left && box.top < bottom);
}
