import { html, raw } from "hono/html";
import { DEFERRED } from "./command-line.ts";
import { copyable, copyButton } from "./copyable.ts";
import { embedTag, languageOf } from "../../blocks/embed-tag.ts";
import type { SignedExample } from "./examples.ts";
import { generatorTabs } from "./generator-tabs.ts";
import type { Html } from "./layout.ts";
import { pinnedTag, type PinnedScript } from "./pinned-tag.ts";
import { tabs } from "./tab-list.ts";

export interface Home {
  examples: readonly SignedExample[];
  scriptUrl: string;
  pinnedScript: PinnedScript;
}

/** The home page: the product in a sentence, one block with its result, the other examples, how to embed. */
export function home({ examples, scriptUrl, pinnedScript }: Home): Html {
  const [first, ...others] = examples;
  const shown = others[0] ?? first;
  return html`<section class="hero">
      <div class="pitch">
        <h1>Put a Run button on any static page</h1>
        <p class="lead">
          Sign a program and paste it into your page. When a reader presses Run, a machine wakes,
          runs exactly that code in a sandbox, and goes away again. An idle page costs nothing.
        </p>
      </div>
      ${first ? example(first, scriptUrl, "h2") : ""}
      <p class="actions">
        <a class="action" href="#embed">Embed your own</a>
        <a href="#more">See more examples</a>
      </p>
    </section>
    <section aria-labelledby="more">
      <h2 id="more">What else a block can do</h2>
      ${tabs(
        "Examples",
        others.map((other) => ({
          id: other.slug,
          name: other.tab,
          panel: example(other, scriptUrl, "h3"),
        })),
      )}
    </section>
    <section id="embed" aria-labelledby="embed-title">
      <h2 id="embed-title">Embed your own</h2>
      <ol class="steps">
        <li>
          <h3>Sign a file</h3>
          <p>On the machine this server runs on, name any program. The key is already there.</p>
          ${copyable("sign", `${DEFERRED} sign hello.rb`)}
        </li>
        <li>
          <h3>Paste what it prints</h3>
          <p>
            It is plain HTML: the signature, your code in a <code>pre</code>, one script. The option
            <code>--format markdown</code> prints it with the code in a fence.
          </p>
        </li>
        <li>
          <h3>Press Run</h3>
          <p>
            Anybody may run the block, and nobody can run anything else: the server checks the
            signature of each request against the code on the page. Where scripts are off, readers
            still see the code.
          </p>
        </li>
      </ol>
      <h3 id="generators">What to paste where</h3>
      ${shown ? tabs("Site generators", generatorTabs({ ...shown, scriptUrl })) : ""}
      <h3>Pin the script</h3>
      <p>
        The tag above loads every improvement of this server. This one loads exactly today’s script,
        for good:
      </p>
      ${copyable("pin", pinnedTag(pinnedScript), "Copy the pinned script tag")}
    </section>`;
}

function example(
  { slug, title, sentence, runtime, block, code, html: highlighted, recorded }: SignedExample,
  scriptUrl: string,
  heading: "h2" | "h3",
): Html {
  const tag = embedTag({ block, code, runtime, scriptUrl });
  return html`<section class="example" id="${slug}">
    ${heading === "h2" ? html`<h2>${title}</h2>` : html`<h3>${title}</h3>`}
    <p>${sentence}</p>
    <deferred-runner block="${block}" label="${title}">
      <pre
        tabindex="0"
      ><code class="language-${languageOf(runtime)}">${raw(highlighted)}</code></pre>
      ${
        recorded
          ? html`<output
              ><img src="${recorded.path}" alt="${recorded.alt}" width="640" height="260"
            /></output>`
          : ""
      }
    </deferred-runner>
    <div class="embed">
      <details>
        <summary>Embed tag</summary>
        <pre class="tag" tabindex="0" id="tag-${slug}">${tag}</pre>
      </details>
      ${copyButton(`tag-${slug}`, `Copy the embed tag of ${title}`)}
    </div>
  </section>`;
}
