import { html } from "hono/html";
import { pagePaths } from "../../protocol/paths.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { type Html, layout } from "./layout.ts";

/** For people who followed a wrong link; programs get the problem document. */
export function notFoundPage({
  version,
  signedIn,
}: {
  version: string;
  signedIn: SignedIn | undefined;
}): Html {
  return layout({
    title: "Nothing here",
    description: "There is nothing at this address.",
    version,
    signedIn,
    main: html`<h1>There is nothing at this address.</h1>
      <p class="lead">
        Check the address, or begin at <a href="/">the examples</a>. Results are removed some time
        after their run.
      </p>
      ${signedIn ? html`<p class="alone"><a href="${pagePaths.projects}">All projects</a></p>` : ""}`,
  });
}
