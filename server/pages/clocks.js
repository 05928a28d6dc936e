// Between two refreshes of a live page: updates the durations and bars of running steps, and keeps the running step in
// view in the list of steps.

/** The width of each bar's drawing, from the run's start to when the server drew it. */
const DRAWN = 1000;

/** When the page was made, by this browser's clock since it was opened. */
let shownAt = performance.now();

if (document.querySelector("[data-events]")) {
  showRunning();
  setInterval(tick, 1000);
  document.addEventListener("refreshed", () => {
    shownAt = performance.now();
    showRunning();
  });
  // The part of the list that is in view changes.
  addEventListener("resize", showRunning);
  addEventListener("scroll", showRunning, { passive: true });
}

function tick() {
  for (const clock of document.querySelectorAll("[data-since]")) {
    if (!(clock instanceof HTMLElement)) continue;
    clock.textContent = clockText(Date.now() - Number(clock.dataset.since));
  }
  const table = document.querySelector(".waterfall table[data-ms]");
  if (table instanceof HTMLElement) lengthenBars(Number(table.dataset.ms));
}

/**
 * Extends the time axis of each drawing to now, and the bars of running steps with it.
 * @param {number} drawnMs The time that the server drew.
 */
function lengthenBars(drawnMs) {
  const ms = drawnMs + performance.now() - shownAt;
  const width = Math.round((DRAWN * ms) / drawnMs);
  for (const drawing of document.querySelectorAll(".waterfall svg.pieces")) {
    drawing.setAttribute("viewBox", `0 0 ${width} 10`);
  }
  for (const bar of document.querySelectorAll(".waterfall tr:has(.clock) rect")) {
    bar.setAttribute("width", String(width - Number(bar.getAttribute("x"))));
  }
  const end = document.querySelector(".waterfall thead .bar span:last-child");
  if (end) end.textContent = clockText(ms);
}

/** @param {number} ms */
function clockText(ms) {
  const passed = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(passed / 60);
  return minutes > 0 ? `${minutes} min ${passed % 60} s` : `${passed} s`;
}

/** Scrolls the list of steps, not the page, to the running step. */
function showRunning() {
  if (document.documentElement.dataset.follow === "off") return;
  const list = document.querySelector(".waterfall");
  const row = [...document.querySelectorAll(".waterfall tbody tr:has(.clock)")].at(-1);
  if (!(list instanceof HTMLElement)) return;
  if (!row) list.style.paddingBottom = "";
  if (!row || list.matches(":hover, :focus-within")) return;
  // The list may reach below the window, or behind the switch that follows the log.
  const bar = document.querySelector(".follow")?.getBoundingClientRect();
  const { top, bottom } = list.getBoundingClientRect();
  const end = Math.min(bottom, bar?.top ?? innerHeight);
  const isSeen = end - top > row.getBoundingClientRect().height;
  const hidden = isSeen ? bottom - end : 0;
  const overflows = (list.firstElementChild?.clientHeight ?? 0) > list.clientHeight;
  list.style.paddingBottom = overflows && hidden > 0 ? `${hidden}px` : "";
  const below = row.getBoundingClientRect().bottom - (bottom - hidden);
  if (below > 0) list.scrollTop += below;
}
