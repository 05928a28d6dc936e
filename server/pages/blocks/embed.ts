import { html } from "hono/html";
import { documentHead } from "../document-head.ts";
import type { Html } from "../layout.ts";
import { blocksStyle, embedScript } from "./assets.ts";
import { blockElement } from "./page.ts";
import type { ClaimedBlock } from "./shown-block.ts";

/** A block alone, for a frame in another site's page. */
export function embedPage(
  block: ClaimedBlock,
  { script, url }: { script: string; url: string },
): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        ${documentHead(block.title)}
        <meta name="robots" content="noindex" />
        <link rel="canonical" href="${url}${block.path}" />
        <link rel="stylesheet" href="${blocksStyle.path}" />
        <script type="module" src="${script}"></script>
        <script src="${embedScript.path}" defer></script>
      </head>
      <body class="frame">
        ${blockElement(block)}
        <p class="by">
          <a href="${url}${block.path}" target="_blank" rel="noopener">${block.title}</a>, signed by
          ${block.project}
        </p>
      </body>
    </html>`;
}

/**
 * The policy of a frame. Other sites may hold it, unless the block names the origins that may run it: a frame would be
 * a way around them. The server's origin is written out, since a sandboxed frame has none of its own.
 */
export function embedPolicy({ claims }: ClaimedBlock, origins: readonly string[]): string {
  const own = ["'self'", ...origins].join(" ");
  return [
    "default-src 'none'",
    `script-src ${own}`,
    `style-src ${own}`,
    `img-src ${own} data:`,
    `connect-src ${own}`,
    `frame-src ${own}`,
    "base-uri 'none'",
    "form-action 'none'",
    ...(claims.origins
      ? [`frame-ancestors 'self' ${claims.origins.flatMap(policySource).join(" ")}`]
      : []),
  ].join("; ");
}

/**
 * The source of an origin; none for a text that is no origin, or that would change the policy, since it is the author's.
 * Written as browsers name it: headers take no letters beyond Latin-1, which hosts may have.
 */
function policySource(text: string): string[] {
  const origin = URL.parse(text)?.origin;
  return origin === undefined || origin === "null" || /[\s;,]/.test(origin) ? [] : [origin];
}
