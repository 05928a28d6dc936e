// Beside a live log: a switch that keeps it at its end, and a button that goes there. Scrolling up turns the switch
// off, the log's end turns it on. The script of live pages reads `data-follow` of the document.

const run = document.querySelector("[data-events]");
const following = document.createElement("input");

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
  // The run has ended: there is nothing more to follow.
  const end = new MutationObserver(() => {
    if (run.dataset.events === undefined) bar.remove();
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

/** @param {Event} event */
function onScroll({ target }) {
  if (!(target instanceof Element) || !target.matches(".log")) return;
  follow(target.scrollHeight - target.scrollTop - target.clientHeight < 8);
}
