import { html, nothing, type TemplateResult } from "lit";
import type { ShownClaims } from "../element/claims.ts";
import { markOf } from "./marks.ts";
import type { View } from "../element/view.ts";
import { shownOf } from "./page-view.ts";
import type { PlainWording } from "./plain-wording.ts";

/** The end of a run that succeeded, below its output. Screen readers find the sentence, and readers who see the mark. */
export function successLine(
  view: View,
  { runtime }: ShownClaims,
  { run, format }: PlainWording,
): TemplateResult | typeof nothing {
  const { ending } = shownOf(view);
  if (ending?.state !== "succeeded") return nothing;
  const { ran_s } = ending.times;
  const facts = [ran_s === undefined ? undefined : format.duration(ran_s), runtime];
  return html`<span class="end"
    ><slot name="icon-succeeded">${markOf("succeeded")}</slot>
    <bdi class="said">${run.ended.status(ending.exit_code ?? 0, undefined)}</bdi>
    <slot name="message-succeeded"
      ><bdi dir="ltr">${facts.filter(Boolean).join(" · ")}</bdi></slot
    ></span
  >`;
}
