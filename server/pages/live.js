// Keeps a run's page up to date while the run lasts. A stream delivers printed lines, which are appended. On any
// other event the page is fetched again without its log, and only the differences are applied: text in view
// neither moves nor folds.

const LEAST_BETWEEN_MS = 200;
/** A stream that the server declines is asked for again, after this doubled with each time in a row. */
const AGAIN_MS = 1_000;
const MAX_MS = 30_000;

/** Attributes that stay: the reader decides which steps are open, and styles are set by scripts. */
const OWN = new Set(["open", "style"]);

/** The number of the last event that the page shows. */
let seen = 0;
/** Whether parts of the page are out of date, or the log as well. */
let stale = false;
let anew = false;
/** @type {{id: number, changes: Change[]}[]} What was printed and is not on the page yet. */
let printed = [];
let underWay = false;

/**
 * @typedef {string | [look: string, text: string]} Piece
 * @typedef {{step: number, at: string, add?: [number, Piece[]], lines: [number, 0 | 1, Piece[]][]}} Change
 */

const live = document.querySelector("[data-events]");
if (live instanceof HTMLElement) {
  // Start at the end of the newest output, so that new lines scroll into view.
  const log = [...live.querySelectorAll(".log")].at(-1);
  if (log) log.scrollTop = log.scrollHeight;
  const address = new URL(live.dataset.events ?? "", location.href);
  seen = Number(address.searchParams.get("after"));
  follow(address);
}

/**
 * @param {URL} address Where the run is streamed from.
 * @param {number} [failures] Times in a row that it was not.
 */
function follow(address, failures = 0) {
  address.searchParams.set("after", String(seen));
  const news = new EventSource(address);
  /** @param {MessageEvent} event */
  const idOf = (event) => Number(event.lastEventId);
  news.addEventListener("open", () => (failures = 0));
  news.addEventListener("log", (event) => {
    printed.push({ id: idOf(event), changes: JSON.parse(event.data) });
    void update(news);
  });
  news.addEventListener("news", () => {
    stale = true;
    void update(news);
  });
  // Another attempt: what was printed so far does not count.
  news.addEventListener("anew", () => {
    anew = true;
    printed = [];
    void update(news);
  });
  // Closed for good, which the browser leaves at that: there is nothing more to come, and the page may have
  // missed the last of it; or the server restarts, or has no room for another stream.
  news.addEventListener("error", () => {
    if (news.readyState !== EventSource.CLOSED) return;
    anew = true;
    void update(news);
    const waitMs = Math.min(MAX_MS, AGAIN_MS * 2 ** failures) * (1 + Math.random() / 2);
    setTimeout(() => {
      if (document.querySelector("[data-events]")) follow(address, failures + 1);
    }, waitMs);
  });
}

/**
 * Brings the page up to date, one thing after another.
 * @param {EventSource} news
 */
async function update(news) {
  if (underWay) return;
  underWay = true;
  while (stale || anew || printed.length > 0) {
    const began = performance.now();
    if ((stale || anew) && (await refresh())) news.close();
    const tried = performance.now() - began;
    const waiting = printed.splice(0);
    for (const [index, { id, changes }] of waiting.entries()) {
      if (id > seen && !append(changes)) {
        // News of its step came while the page was fetched: the next look has the step. Otherwise the log is needed.
        if (stale) {
          printed.unshift(...waiting.slice(index));
          break;
        }
        anew = true;
      }
      seen = Math.max(seen, id);
    }
    // A page that takes long to make is asked for less often.
    await new Promise((resolve) => setTimeout(resolve, Math.max(LEAST_BETWEEN_MS, 2 * tried)));
  }
  underWay = false;
}

/** Puts in what is new; true once there will be no more. */
async function refresh() {
  const whole = anew;
  stale = anew = false;
  const address = new URL(location.href);
  if (!whole) address.searchParams.set("log", "none");
  const response = await fetch(address, { headers: { accept: "text/html" } }).catch(
    () => undefined,
  );
  if (!response?.ok) return false;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  // The log is not in what was fetched: it stays as it is here.
  for (const kept of fresh.querySelectorAll("[data-kept]")) {
    const there = document.querySelector(
      `#${kept.closest(".step")?.id} .${kept.classList.contains("output") ? "output" : "left"}`,
    );
    kept.removeAttribute("data-kept");
    if (there) kept.replaceWith(fresh.importNode(there, true));
  }
  for (const part of document.querySelectorAll("[data-part]")) {
    const next = fresh.getElementById(part.id);
    if (next) merge(part, next);
  }
  // Steps are open while they run. One that has ended and printed nothing has nothing to show.
  for (const step of document.querySelectorAll(".step[open]:not(:has(.log, a))")) {
    if (!step.contains(document.activeElement)) step.removeAttribute("open");
  }
  document.title = fresh.title;
  document.dispatchEvent(new Event("refreshed"));
  const going = fresh.querySelector("[data-events]");
  if (whole && going instanceof HTMLElement) {
    const made = new URL(going.dataset.events ?? "", location.href);
    seen = Number(made.searchParams.get("after"));
  }
  return !going;
}

/**
 * Puts lines into the logs of steps; false, and nothing is put in, where the page lacks one of the steps.
 * @param {Change[]} changes
 */
function append(changes) {
  const outputs = changes.map(({ step }) => document.querySelector(`#step-${step} pre.output`));
  for (const [index, { step, at, add, lines }] of changes.entries()) {
    const output = outputs[index];
    if (!output || outputs.includes(null)) return false;
    const log = output.parentElement ?? output;
    const follows = document.documentElement.dataset.follow !== "off";
    if (add) document.getElementById(`step-${step}-L${add[0]}`)?.append(...drawn(add[1]));
    for (const [number, stderr, pieces] of lines) {
      const id = `step-${step}-L${number}`;
      const line = document.createElement("span");
      line.id = id;
      line.className = stderr ? "l stderr" : "l";
      const link = document.createElement("a");
      link.href = `#${id}`;
      link.dataset.n = String(number);
      // A line that is replaced began before.
      link.dataset.t = document.getElementById(id)?.querySelector("a")?.dataset.t ?? at;
      link.tabIndex = -1;
      link.ariaHidden = "true";
      line.append(link, ...drawn(pieces));
      const there = document.getElementById(id);
      if (there) there.replaceWith(line);
      else output.append(line);
    }
    if (follows) log.scrollTop = log.scrollHeight;
  }
  return true;
}

/** @param {Piece[]} pieces */
function drawn(pieces) {
  return pieces.map((piece) => {
    if (typeof piece === "string") return piece;
    const span = document.createElement("span");
    [span.className, span.textContent] = piece;
    return span;
  });
}

/**
 * Makes `old` what `next` is, by its children in order: equal ones stay as they are.
 * @param {Element} old
 * @param {Element} next
 */
function merge(old, next) {
  if (old.isEqualNode(next)) return;
  for (const { name, value } of next.attributes) {
    if (!OWN.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!OWN.has(name) && !next.hasAttribute(name)) old.removeAttribute(name);
  }
  const [olds, nexts] = [[...old.childNodes], [...next.childNodes]];
  for (const [index, child] of nexts.entries()) {
    const there = olds[index];
    if (!there) old.append(child);
    else if (
      there instanceof Element &&
      child instanceof Element &&
      there.tagName === child.tagName
    ) {
      merge(there, child);
    } else if (there instanceof Text && child instanceof Text) grow(there, child.data);
    else there.replaceWith(child);
  }
  for (const gone of olds.slice(nexts.length)) gone.remove();
}

/**
 * Text that was added to keeps its node, and with it what is selected there.
 * @param {Text} old
 * @param {string} text
 */
function grow(old, text) {
  if (text === old.data) return;
  if (text.startsWith(old.data)) old.appendData(text.slice(old.data.length));
  else old.data = text;
}
