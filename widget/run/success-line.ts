import { html, nothing, type TemplateResult } from "lit";
import { markOf } from "./marks.ts";
import type { BoxOptions } from "./result-options.ts";

/** The end of a run that succeeded, below its output. Screen readers find the sentence, and readers who see the mark. */
export function successLine({
  block,
  shown: { ending },
  wording: { run, format },
}: BoxOptions): TemplateResult | typeof nothing {
  if (ending?.state !== "succeeded") return nothing;
  const { ran_s } = ending.times;
  const facts = [ran_s === undefined ? undefined : format.duration(ran_s), block.claims.runtime];
  return html`<span class="end"
    ><slot name="icon-succeeded">${markOf("succeeded")}</slot>
    <bdi class="said">${run.ended.status(ending.exit_code ?? 0, undefined)}</bdi>
    <slot name="message-succeeded"
      ><bdi dir="ltr">${facts.filter(Boolean).join(" · ")}</bdi></slot
    ></span
  >`;
}
