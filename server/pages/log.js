// Searches the log of a run's page in place, over folded steps too, and moves by keys. Without it the server searches.

/** Where the browser remembers that somebody wants no keys. */
const REMEMBERED = "deferred-keys";
const field = document.querySelector("#log-search");
const found = document.querySelector(".log-tools .found");
const dialog = document.querySelector("#keys");

/** @type {Range[]} The matches, in the order of the page. */
let ranges = [];
let current = -1;

if (field instanceof HTMLInputElement && found instanceof HTMLElement && "highlights" in CSS) {
  field.addEventListener("input", () => search(field.value));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && ranges.length > 0) {
      event.preventDefault();
      show(current + (event.shiftKey ? -1 : 1));
    }
    if (event.key === "Escape") {
      field.value = "";
      search("");
      field.blur();
    }
  });
}

/** @param {string} text */
function search(text) {
  const wanted = text.trim().toLowerCase();
  ranges =
    wanted === "" ? [] : [...document.querySelectorAll(".step .output > .l")].flatMap(within);
  current = -1;
  CSS.highlights.set("found", new Highlight(...ranges));
  CSS.highlights.delete("found-now");
  if (ranges.length > 0) show(0, false);
  say(wanted);

  /** @param {Element} line */
  function within(line) {
    const content = line.textContent ?? "";
    if (!content.toLowerCase().includes(wanted)) return [];
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const at = (node.textContent ?? "").toLowerCase().indexOf(wanted);
      if (at >= 0) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + wanted.length);
        return [range];
      }
    }
    // It reaches over pieces of different looks.
    const range = new Range();
    range.selectNodeContents(line);
    return [range];
  }
}

/** @param {string} wanted */
function say(wanted) {
  if (!(found instanceof HTMLElement)) return;
  const isPartial = document.querySelector(".step .left:not([hidden])") !== null;
  const more = isPartial ? "; press Search for what is not on this page" : "";
  if (wanted === "") found.textContent = "";
  else if (ranges.length === 0) found.textContent = `Nothing found${more}`;
  else found.textContent = `${current + 1} of ${ranges.length}${more}`;
}

/**
 * Opens the step of a match, and brings it into view.
 * @param {number} index
 * @param {boolean} [moves] Whether the page may scroll as well.
 */
function show(index, moves = true) {
  current = (index + ranges.length) % ranges.length;
  const range = ranges[current];
  if (!range) return;
  const line = range.startContainer.parentElement?.closest(".l");
  const step = line?.closest("details");
  if (step) step.open = true;
  CSS.highlights.set("found-now", new Highlight(range));
  if (moves) line?.scrollIntoView({ block: "center" });
  else if (line instanceof HTMLElement) {
    const log = line.closest(".log");
    if (log) log.scrollTop = line.offsetTop - log.clientHeight / 2;
  }
  if (field instanceof HTMLInputElement) say(field.value.trim());
}

const wrap = document.querySelector("#wrap");
const button = document.querySelector("#show-keys");
const isOff = () => localStorage.getItem(REMEMBERED) === "off";

if (dialog instanceof HTMLDialogElement && button instanceof HTMLElement) {
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
  const on = dialog.querySelector("input");
  if (on) {
    on.checked = !isOff();
    on.addEventListener("change", () =>
      localStorage.setItem(REMEMBERED, on.checked ? "on" : "off"),
    );
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isOff()) return;
  if (event.target instanceof Element && event.target.closest("input, select, textarea, dialog"))
    return;
  /** @type {Record<string, () => void>} */
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    "/": () => field instanceof HTMLElement && field.focus(),
    w: () => wrap instanceof HTMLElement && wrap.click(),
    n: () => follow("next"),
    p: () => follow("prev"),
    "?": () => dialog instanceof HTMLDialogElement && dialog.showModal(),
  };
  const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
  if (!act) return;
  event.preventDefault();
  act();
});

/**
 * Moves the focus to the next step, or the one before.
 * @param {1 | -1} by
 */
function step(by) {
  const all = [...document.querySelectorAll(".step > summary")];
  const at = all.findIndex((one) => one.parentElement?.contains(document.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  if (!(next instanceof HTMLElement)) return;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

/** @param {"next" | "prev"} rel */
function follow(rel) {
  const link = document.querySelector(`nav.pages a[rel=${rel}]`);
  if (link instanceof HTMLElement) link.click();
}

// The tools may take several lines, and what stays in view beside the log begins below them.
const tools = document.querySelector(".log-tools");
if (tools) {
  new ResizeObserver(() => {
    const height = `${Math.ceil(tools.getBoundingClientRect().height)}px`;
    document.documentElement.style.setProperty("--tools", height);
  }).observe(tools);
}

// A folded step that an address leads to, or a line of it, is opened and brought into view.
addEventListener("hashchange", reveal);
reveal();

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const step = target?.closest("details");
  if (!target || !step || step.open) return;
  step.open = true;
  target.scrollIntoView({ block: target === step ? "start" : "center" });
}
