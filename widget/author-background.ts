/** The room beside the code takes the author's own background, so that it does not look torn off. */
export function matchBackground(root: ShadowRoot, pre: Element | null): void {
  const color = pre ? getComputedStyle(pre).backgroundColor : "";
  const [block, buttons] = root.querySelectorAll<HTMLElement>(".block, .buttons");
  if (!block || !buttons) return;
  // A translucent colour below the code's own would show twice.
  const translucent = /rgba|\//.test(color);
  block.style.background = translucent ? "" : color;
  buttons.style.background = translucent ? color : "";
}
