import { html, raw } from "hono/html";
import { DEFERRED } from "./command-line.ts";
import { embedTag, languageOf } from "../../blocks/embed-tag.ts";
import type { SignedExample } from "./examples.ts";
import type { Html } from "./layout.ts";
import { pinnedTag, type PinnedScript } from "./pinned-tag.ts";

export interface Home {
  examples: readonly SignedExample[];
  scriptUrl: string;
  pinnedScript: PinnedScript;
}

/** The home page: the product in a sentence, one block ready to run, then the other examples. */
export function home({ examples, scriptUrl, pinnedScript }: Home): Html {
  const [first, ...others] = examples;
  return html`<section class="hero">
      <h1>Runnable code blocks for pages without a server.</h1>
      <p class="lead">
        Sign a program, paste it into any static page. When a reader presses Run, a machine wakes,
        runs exactly that code in a sandbox, and goes away again.
      </p>
      ${first ? example(first, scriptUrl, "h2") : ""}
    </section>
    <section aria-labelledby="more">
      <h2 id="more">What else a block can do</h2>
      ${others.map((other) => example(other, scriptUrl, "h3"))}
    </section>
    <section id="embed" aria-labelledby="embed-title">
      <h2 id="embed-title">Embed your own</h2>
      <ol class="steps">
        <li>
          <h3>Sign a file</h3>
          <p>On the machine this server runs on, name any program. The key is already there.</p>
          ${command("sign", `${DEFERRED} sign hello.py`)}
        </li>
        <li>
          <h3>Paste what it prints</h3>
          <p>
            It is plain HTML: your code in a <code>pre</code>, its signature, one script. It goes
            into a blog post, a resume, a file on your disk.
          </p>
          <p>
            The script tag gets every improvement of this server. To have your page load exactly
            today’s script for good, write this one instead:
          </p>
          ${command("pin", pinnedTag(pinnedScript))}
        </li>
        <li>
          <h3>Press Run</h3>
          <p>
            Anybody may run the block, nobody can run anything else: the server checks the signature
            of each request against the code on the page. Where scripts are off, readers still see
            the code.
          </p>
        </li>
      </ol>
    </section>`;
}

function example(
  { slug, title, sentence, runtime, block, code, html: highlighted }: SignedExample,
  scriptUrl: string,
  heading: "h2" | "h3",
): Html {
  const tag = embedTag({ block, code, runtime, scriptUrl });
  return html`<article class="example" id="${slug}">
    ${heading === "h2" ? html`<h2>${title}</h2>` : html`<h3>${title}</h3>`}
    <p>${sentence}</p>
    <deferred-runner block="${block}" label="${title}">
      <pre
        tabindex="0"
      ><code class="language-${languageOf(runtime)}">${raw(highlighted)}</code></pre>
    </deferred-runner>
    <div class="embed">
      <details>
        <summary>Embed tag</summary>
        <pre class="tag" tabindex="0" id="tag-${slug}">${tag}</pre>
      </details>
      <button
        type="button"
        data-copy="tag-${slug}"
        aria-label="Copy the embed tag of ${title}"
        hidden
      >
        Copy
      </button>
    </div>
  </article>`;
}

function command(id: string, text: string): Html {
  return html`<div class="command">
    <pre tabindex="0" id="command-${id}">${text}</pre>
    <button type="button" data-copy="command-${id}" aria-label="Copy the command" hidden>
      Copy
    </button>
  </div>`;
}
