import { PlayedServer } from "./player.js";

/** @typedef {import("./scene.ts").Scene} Scene */

const url = `${location.origin}/gallery/played`;
const scenes = /** @type {Scene[]} */ (
  JSON.parse(document.getElementById("scenes")?.textContent ?? "[]")
);
const server = new PlayedServer({ url, files: `${location.origin}/gallery/files`, scenes });
const { fetch } = globalThis;
globalThis.fetch = (input, init) => {
  const request = new Request(input, init);
  return request.url.startsWith(`${url}/`) ? server.answer(request) : fetch(request);
};
// The played server forgets its runs with the page: no element resumes one.
for (const name of Object.keys(localStorage)) {
  if (name.startsWith(url)) localStorage.removeItem(name);
}

const form = /** @type {HTMLFormElement} */ (document.getElementById("choices"));
form.hidden = false;
form.addEventListener("change", choose);
choose();
await press();

function choose() {
  const [lang, scheme] = form.querySelectorAll("select");
  const stage = document.getElementById("stage");
  if (!lang || !scheme || !stage) return;
  stage.lang = lang.value;
  document.documentElement.dataset["scheme"] = scheme.value;
}

async function press() {
  await customElements.whenDefined("deferred-runner");
  for (const { id, still, edited } of scenes) {
    const element = document.getElementById(id)?.querySelector("deferred-runner");
    if (!element) continue;
    await element.updateComplete;
    if (edited !== undefined) await rewrite(element, edited);
    if (!still) void element.run();
  }
}

/**
 * Opens the editor and types `text`, as a reader does.
 * @param {HTMLElementTagNameMap["deferred-runner"]} element @param {string} text
 */
async function rewrite(element, text) {
  const part = (/** @type {string} */ selector) => element.shadowRoot?.querySelector(selector);
  /** @type {HTMLElement | null | undefined} */ (part("[part=edit]"))?.click();
  await element.updateComplete;
  const editor = /** @type {HTMLTextAreaElement | null | undefined} */ (part("textarea"));
  if (!editor) return;
  editor.value = text;
  editor.dispatchEvent(new InputEvent("input", { bubbles: true }));
  // The editor takes the focus with its next update.
  await element.updateComplete;
  editor.blur();
}
