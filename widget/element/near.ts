/** Elements of the page that wait, and what to do once they are near. */
const waiting = new Map<Element, () => void>();
let screen: IntersectionObserver | undefined;

/** Calls `draw` once `element` comes near the screen: a page may hold hundreds of blocks, and most are never seen. */
export function whenNear(element: Element, draw: () => void): void {
  screen ??= new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) drawNow(target);
    },
    // About a screen ahead of the reader.
    { rootMargin: "800px" },
  );
  addEventListener("keydown", drawForTab, true);
  waiting.set(element, draw);
  screen.observe(element);
}

/** Tab reaches the button of a block that is far away. */
function drawForTab({ key }: KeyboardEvent): void {
  if (key === "Tab") for (const element of waiting.keys()) drawNow(element);
}

/** Draws an element that waits; another script asks for it. */
export function drawNow(element: Element): void {
  const draw = waiting.get(element);
  forget(element);
  draw?.();
}

/** An element that waits has left the page. */
export function forget(element: Element): void {
  screen?.unobserve(element);
  waiting.delete(element);
}
