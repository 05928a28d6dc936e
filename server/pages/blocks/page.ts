import { html, raw } from "hono/html";
import { embedTag, languageOf } from "../../../blocks/embed-tag.ts";
import { copyable } from "../copyable.ts";
import { highlight } from "../highlight.ts";
import type { Html } from "../layout.ts";
import { frameTag } from "./frame-tag.ts";
import { blockFacts } from "./facts.ts";
import { lastOutput, type LastShown } from "./last-shown.ts";
import { runForm } from "./run-form.ts";
import type { ClaimedBlock } from "./shown-block.ts";

export interface BlockPageOptions {
  last: LastShown | undefined;
  /** The server's public URL. */
  url: string;
  now: number;
}

/** A block's public page: its code with Run, its last output, who signed it, how to embed it. */
export function blockPage(block: ClaimedBlock, { last, url, now }: BlockPageOptions): Html {
  return html`<h1 class="title">${block.title}</h1>
    ${blockElement(block)}
    <noscript>${runForm(block)}</noscript>
    ${last ? lastOutput(last, now) : ""}
    <h2 id="about">About this block</h2>
    ${blockFacts(block, last, now)} ${last ? receiptCommand(last) : ""}
    <h2 id="embed">Use it elsewhere</h2>
    ${embedWays(block, url)}`;
}

/** The block as an element. The server adds set-up, files and the code before, so the page does not hold them. */
export function blockElement(block: ClaimedBlock): Html {
  const { token, code, claims, title } = block;
  const language = languageOf(claims.runtime);
  return html`<deferred-runner block="${token}" label="${title}">
    <pre tabindex="0" translate="no"><code class="language-${language}">${raw(
      highlight(code.replace(/\n$/, ""), language),
    )}</code></pre>
  </deferred-runner>`;
}

function receiptCommand({ resultUrl }: LastShown): Html {
  return html`<p>Anybody can check the receipt of that result:</p>
    ${copyable("receipt", `deferred verify ${resultUrl}`)}`;
}

function embedWays(block: ClaimedBlock, url: string): Html {
  const { path, scriptPath, token, code, claims } = block;
  const page = url + path;
  return html`${
      scriptPath
        ? html`<h3>One script tag</h3>
            <p>The block appears where the tag stands.</p>
            ${copyable("script", `<script src="${url}${scriptPath}" async></script>`, "Copy the script tag")}`
        : ""
    }
    <h3>A frame</h3>
    <p>For sites that allow frames and no scripts. Many turn this page’s address into one.</p>
    ${copyable("frame", frameTag(block, url), "Copy the frame")}
    <h3>Terminal</h3>
    ${copyable("curl", `curl -N ${page}`)}
    <h3>Code on your own page</h3>
    <p>The code stands in your page, where search engines find it.</p>
    <details>
      <summary>Embed tag</summary>
      ${copyable(
        "tag",
        embedTag({
          block: token,
          code,
          runtime: claims.runtime,
          scriptUrl: `${url}/deferred-runner.js`,
        }),
        "Copy the embed tag",
      )}
    </details>`;
}
