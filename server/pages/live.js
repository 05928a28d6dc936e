// Keeps a run's page up to date while the run lasts. The server writes the page; this script fetches it
// again at each piece of news and puts in what differs, so that nothing a person reads moves or folds.

const LEAST_BETWEEN_MS = 200;
/** A stream that the server declines is asked for again, after this doubled with each time in a row. */
const AGAIN_MS = 1_000;
const MOST_MS = 30_000;

const live = document.querySelector("[data-events]");
if (live instanceof HTMLElement) {
  // What is printed now is what one has come to see; from its end it is followed.
  const output = [...live.querySelectorAll("pre.output")].at(-1);
  if (output) output.scrollTop = output.scrollHeight;
  follow(live.dataset.events ?? "");
  setInterval(tick, 1000);
}

/**
 * @param {string} address Where the run's events are streamed.
 * @param {number} [failures] Times in a row that it was not.
 */
function follow(address, failures = 0) {
  const news = new EventSource(address);
  news.addEventListener("open", () => (failures = 0));
  let underWay = false;
  let again = false;
  const update = async () => {
    if (underWay) {
      again = true;
      return;
    }
    underWay = true;
    do {
      again = false;
      const began = performance.now();
      if (await refresh()) news.close();
      // A page that takes long to make is asked for less often.
      const took = performance.now() - began;
      await new Promise((resolve) => setTimeout(resolve, Math.max(LEAST_BETWEEN_MS, 2 * took)));
    } while (again && news.readyState !== EventSource.CLOSED);
    underWay = false;
  };
  news.addEventListener("message", () => void update());
  // Closed for good, which the browser leaves at that: there is nothing more to come, and the page may have
  // missed the last of it; or the server restarts, or has no room for another stream.
  news.addEventListener("error", () => {
    if (news.readyState !== EventSource.CLOSED) return;
    void update();
    const waitMs = Math.min(MOST_MS, AGAIN_MS * 2 ** failures) * (1 + Math.random() / 2);
    setTimeout(() => {
      if (document.querySelector("[data-events]")) follow(address, failures + 1);
    }, waitMs);
  });
}

/** Puts in what is new; true once there will be no more. */
async function refresh() {
  const response = await fetch(location.href, { headers: { accept: "text/html" } }).catch(
    () => undefined,
  );
  if (!response?.ok) return false;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const next = fresh.getElementById(part.id);
    if (next) merge(part, next);
  }
  document.title = fresh.title;
  return !fresh.querySelector("[data-events]");
}

/**
 * Makes `old` what `next` is, by its children in order: equal ones stay as they are.
 * @param {Element} old
 * @param {Element} next
 */
function merge(old, next) {
  if (old.isEqualNode(next)) return;
  for (const { name, value } of next.attributes) {
    // What is open was opened or closed by whoever reads.
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (name !== "open" && !next.hasAttribute(name)) old.removeAttribute(name);
  }
  const atEnd = old.scrollHeight - old.scrollTop - old.clientHeight < 8;
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
  // Whoever has scrolled to the end of an output follows it.
  if (old.tagName === "PRE" && atEnd) old.scrollTop = old.scrollHeight;
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

/** Counts the seconds of what is under way, between two pieces of news. */
function tick() {
  for (const clock of document.querySelectorAll("[data-since]")) {
    if (!(clock instanceof HTMLElement)) continue;
    const passed = Math.max(0, Math.round((Date.now() - Number(clock.dataset.since)) / 1000));
    const minutes = Math.floor(passed / 60);
    clock.textContent = minutes > 0 ? `${minutes} min ${passed % 60} s` : `${passed} s`;
  }
}
