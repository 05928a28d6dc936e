import { html } from "lit";
import type { OutputPart, Shown } from "../element/view.ts";
import type { ErrorPlace } from "./error-line.ts";
import { namedLine } from "./named-line.ts";
import { loadedTerminal } from "./output.ts";
import { styled, type ErrorLink } from "./output-text.ts";
import type { OtherOptions } from "./result-options.ts";

/** The link from the output to the line that an error names; undefined: none is found. */
export function errorLink(
  shown: Shown,
  { host, claims, isAuthors, wording }: OtherOptions,
): ErrorLink | undefined {
  const line = namedLine(host);
  const place = line.placeIn(shown, claims, isAuthors);
  const title = wording.run.output.goToLine;
  return place && { part: place.part, draw: (part) => withLink(part, place, title, line.goTo) };
}

/** A piece with a link where the error names a line. */
function withLink(
  part: OutputPart,
  { start, end }: ErrorPlace,
  title: string,
  goTo: () => void,
): unknown[] {
  const between = (from: number, to: number): unknown => {
    const { spans, ...rest } = part;
    const within = spans && loadedTerminal()?.spansBetween(part, from, to);
    return styled({ ...rest, text: part.text.slice(from, to), ...(within && { spans: within }) });
  };
  return [
    between(0, start),
    html`<button
      class="line-link"
      type="button"
      title=${title}
      .textContent=${part.text.slice(start, end)}
      @click=${goTo}
    ></button>`,
    between(end, part.text.length),
  ];
}
