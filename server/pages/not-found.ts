import { html } from "hono/html";
import { type Html, layout } from "./layout.ts";

/** For people who followed a wrong link; programs get the problem document. */
export function notFoundPage(version: string): Html {
  return layout({
    title: "Nothing here",
    description: "There is nothing at this address.",
    version,
    main: html`<h1>There is nothing at this address.</h1>
      <p class="lead">
        Check the address, or begin at <a href="/">the examples</a>. Results are removed some time
        after their run.
      </p>`,
  });
}
