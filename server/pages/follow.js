// Beside a live log: a switch that keeps it at its end, and a button that goes there. Scrolling up turns the switch
// off, the log's end turns it on. A log that scrolls because its size has changed stays at its end. The script of live
// pages reads `data-follow` of the document.

const run = document.querySelector("[data-events]");
const following = document.createElement("input");
/** @type {WeakMap<Element, {top: number, height: number, shown: number, width: number}>} Where logs were scrolled to. */
const places = new WeakMap();

if (run instanceof HTMLElement) {
  const bar = document.createElement("p");
  bar.className = "follow";
  following.type = "checkbox";
  const label = document.createElement("label");
  label.className = "wrap";
  label.append(following, " Follow the log");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = "To the end";
  bar.append(label, button);
  run.after(bar);
  follow(true);

  following.addEventListener("change", () => (following.checked ? goToEnd() : follow(false)));
  button.addEventListener("click", goToEnd);
  document.addEventListener("scroll", onScroll, { capture: true, passive: true });
  // Wider or narrower lines, wrapped or not, put the end of the log elsewhere.
  const sizes = new ResizeObserver(stayAtEnd);
  sizes.observe(run);
  // The run has ended: there is nothing more to follow.
  const end = new MutationObserver(() => {
    if (run.dataset.events !== undefined) return;
    sizes.disconnect();
    bar.remove();
  });
  end.observe(run, { attributeFilter: ["data-events"] });
}

/** @param {boolean} isOn */
function follow(isOn) {
  following.checked = isOn;
  document.documentElement.dataset.follow = isOn ? "on" : "off";
}

function goToEnd() {
  follow(true);
  const log = [...document.querySelectorAll(".step[open] .log")].at(-1);
  log?.scrollTo(0, log.scrollHeight);
  log?.scrollIntoView({ block: "end" });
}

function stayAtEnd() {
  if (!following.checked) return;
  for (const log of document.querySelectorAll(".step[open]:has(.clock) .log"))
    log.scrollTop = log.scrollHeight;
}

/** @param {Event} event */
function onScroll({ target }) {
  if (!(target instanceof Element) || !target.matches(".log")) return;
  const { scrollTop: top, scrollHeight: height, clientHeight: shown, clientWidth: width } = target;
  const before = places.get(target);
  places.set(target, { top, height, shown, width });
  const isResized =
    before !== undefined &&
    (before.shown !== shown || before.width !== width || before.height > height);
  if (height - top - shown < 8) follow(true);
  else if (following.checked && isResized) target.scrollTop = height;
  else if (before === undefined || top < before.top) follow(false);
}
