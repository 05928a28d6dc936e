import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Html } from "../layout.ts";
import { IMAGE_SIZE } from "./image-size.ts";
import type { ClaimedBlock } from "./shown-block.ts";

/** What sites and chats read that show a link to the block's page: oEmbed, Open Graph. */
export function linkTags({ path, title, claims, project, code }: ClaimedBlock, url: string): Html {
  const page = url + path;
  const oembed = `${url}${pagePaths.oembed}?url=${encodeURIComponent(page)}`;
  const words = `A ${claims.runtime} program that anybody may run, signed by ${project}.`;
  return html`<link rel="canonical" href="${page}" />
    <link rel="alternate" type="application/json+oembed" href="${oembed}" title="${title}" />
    <link rel="alternate" type="text/xml+oembed" href="${oembed}&amp;format=xml" title="${title}" />
    <meta property="og:type" content="website" />
    <meta property="og:title" content="${title}" />
    <meta property="og:description" content="${words}" />
    <meta property="og:url" content="${page}" />
    <meta property="og:image" content="${page}/image.png" />
    <meta property="og:image:width" content="${IMAGE_SIZE.width}" />
    <meta property="og:image:height" content="${IMAGE_SIZE.height}" />
    <meta property="og:image:alt" content="The code: ${code.slice(0, 300)}" />
    <meta name="twitter:card" content="summary_large_image" />`;
}
