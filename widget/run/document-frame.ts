import { html, type TemplateResult } from "lit";
import { mediaType } from "../../protocol/artifacts.ts";
import type { Artifact } from "../../protocol/run.ts";

/**
 * A document in a frame of an opaque origin. The server sends the same policy with it. A PDF has no `sandbox` here:
 * Chromium's viewer does not start in one, and no part of a PDF is the page's.
 */
export function documentFrame(run: string, artifact: Artifact, server: string): TemplateResult {
  const src = `${server}/v1/runs/${run}/document`;
  return mediaType(artifact) === "application/pdf"
    ? html`<iframe part="document" src=${src} title=${artifact.name} loading="lazy"></iframe>`
    : html`<iframe
        part="document"
        sandbox="allow-scripts"
        src=${src}
        title=${artifact.name}
        loading="lazy"
        referrerpolicy="no-referrer"
      ></iframe>`;
}

/** Browsers name a frame only to such addresses, and the server sends documents to frames alone. */
export function canFrame(server: string): boolean {
  return /^https:|^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::|$)/.test(server);
}
