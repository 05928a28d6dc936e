/**
 * The script that a page loads: `/deferred-runner.js`. It reserves the space of the element, and loads the element
 * once a block comes near the screen, or a reader points at a block or presses Tab.
 */
const TAG = "deferred-runner";
/** About a screen ahead of the reader. */
const NEAR = "800px";

/** Until the element has drawn itself. */
const BLOCK = `${TAG}:not([state])`;
/**
 * The element's layout, where narrow screens, and buttons beside Run, take a row; and what its own styles can't reach in
 * boxes of the author's: the frame has the margins, also of a box in a box, and highlight.js pads the code. In a layer,
 * so that every rule of the page comes first, as with `::slotted`. Paper has no buttons.
 */
const LAYOUT = `@layer{${BLOCK}{display:block;margin-block:1em}${BLOCK}>*,${TAG} :is(pre,figure){margin:0!important}${BLOCK}>pre{padding:12px 16px}${TAG}>pre:has(>.hljs){padding:0}@media screen{${BLOCK}[bar]{padding-bottom:52px}@media(max-width:479.98px){${BLOCK}{padding-bottom:44px}${BLOCK}[bar]{padding-bottom:64px}}}}`;

// A strict `style-src` allows constructed stylesheets.
const sheet = new CSSStyleSheet();
sheet.replaceSync(LAYOUT);
document.adoptedStyleSheets.push(sheet);

/** Its elements load nothing and run nothing. */
const inert = document.implementation.createHTMLDocument("");
const seen = new WeakSet<Element>();

const screen = new IntersectionObserver(
  (entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) void load();
  },
  { rootMargin: NEAR },
);
/** Frameworks and page transitions add blocks later. */
const page = new MutationObserver(watch);
page.observe(document, { childList: true, subtree: true });
watch();

/** Watches all blocks; the observer knows those that it watches already. */
function watch(): void {
  for (const block of document.getElementsByTagName(TAG)) {
    if (!seen.has(block) && /\S/.test(block.textContent ?? "")) see(block);
    screen.observe(block);
  }
  for (const all of document.getElementsByTagName(`${TAG}-all`)) screen.observe(all);
}

/** Keeps the author's code for the element: translators and highlighters may change it before the element comes. */
function see(block: Element & { original?: Node }): void {
  seen.add(block);
  block.original = inert.importNode(block, true);
  try {
    // The token's claims, unverified: whether the bar holds more than Run.
    const claims = atob(
      block.getAttribute("block")!.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/"),
    );
    block.toggleAttribute("bar", /"(inputs|edit|network)":/.test(claims));
  } catch {
    // Not a token: the element says so after a press.
  }
}

/** In shadow trees and in frames of other origins, where the observers see nothing, the reader shows the block. */
const EVENTS = ["pointerover", "focusin", "keydown"];
for (const name of EVENTS) addEventListener(name, onReader, true);

function onReader(event: Event): void {
  const isBlock = (node: EventTarget) => (node as Element).localName === TAG;
  if ((event as KeyboardEvent).key === "Tab") void load().then(drawAll);
  else if (event.composedPath().some(isBlock)) void load();
}

/** Tab reaches buttons far from the screen: an element that is waited for draws itself. */
function drawAll(): void {
  for (const block of document.getElementsByTagName(TAG)) {
    void (block as { updateComplete?: unknown }).updateComplete;
  }
}

let loading = false;
let tries = 0;
/** Address of an import that failed. */
let failed: string | undefined;

/** Loads the element, unless another script of the page has defined it. */
async function load(): Promise<void> {
  if (loading) return;
  loading = true;
  try {
    // In parallel: a bar with more than Run is drawn as a whole.
    if (document.querySelector(`${TAG}[bar]`)) {
      import("./features/features.ts").catch(() => undefined);
    }
    if (!customElements.get(TAG))
      await (failed ? import(/* @vite-ignore */ failed) : import("./define.ts"));
    stop();
  } catch (error) {
    retry(String(error));
  }
}

/**
 * Chromium caches a failed import under its address for the life of the page. The server has the parts under
 * `/v/~1/` as well, so that the element's own imports, which are relative, get another address with it.
 */
function retry(message: string): void {
  const address = failed ?? /https?:\S+/.exec(message)?.[0];
  failed = address?.replace(/\/v\/(~\d+\/)?/, `/v/~${++tries}/`);
  setTimeout(
    () => {
      loading = false;
      screen.disconnect();
      watch();
    },
    Math.min(1000 * 2 ** tries, 30_000),
  );
}

function stop(): void {
  screen.disconnect();
  page.disconnect();
  for (const name of EVENTS) removeEventListener(name, onReader, true);
}
