import { html } from "hono/html";
import type { SignedIn } from "../../accounts/sessions.ts";
import { type Html, layout } from "../layout.ts";

/** A page that says why there is none of a block, or why it could not be run. */
export function refusedPage(
  title: string,
  detail: string | undefined,
  { version, signedIn }: { version: string; signedIn: SignedIn | undefined },
): Html {
  return layout({
    title,
    description: title,
    version,
    signedIn,
    main: html`<h1>${title}</h1>
      ${detail === undefined ? "" : html`<p class="lead">${detail}</p>`}
      <p class="alone"><a href="/">The examples of this server</a></p>`,
  });
}
