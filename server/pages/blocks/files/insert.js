// The server calls this function in the script of each block. It is a classic script: only such a script knows its own
// tag, also with `async` or `defer`.

/**
 * Puts a block where its script tag stands, and loads the element, once for all blocks of the page.
 *
 * @param {Record<"address" | "block" | "label" | "language" | "code" | "server", string>} facts
 */
export function placeBlock({ address, block, label, language, code, server }) {
  const script =
    document.currentScript ??
    [...document.scripts].find(({ src, dataset }) => src === address && !dataset["placed"]);
  if (!script) return;
  script.setAttribute("data-placed", "");
  const element = document.createElement("deferred-runner");
  element.setAttribute("block", block);
  element.setAttribute("label", label);
  element.setAttribute("server", server);
  const pre = document.createElement("pre");
  pre.translate = false;
  const text = document.createElement("code");
  text.className = `language-${language}`;
  text.textContent = code;
  pre.append(text);
  element.append(pre);
  script.after(element);
  // An import is loaded once a page, and Trusted Types let it pass. Without it, the page still shows the code.
  import(`${server}/deferred-runner.js`).catch(() => undefined);
}
