import { html, nothing, type TemplateResult } from "lit";
import type { Output, OutputPart } from "../element/view.ts";
import type { Wording } from "./wording.ts";

export interface CutOptions {
  wording: Wording;
  limitKiB: number;
  /** Leads to the whole output. */
  whole: unknown;
}

export interface CutRules {
  /** Above the first piece. */
  first: (output: Output) => TemplateResult | typeof nothing;
  /** Above a piece. */
  above: (part: OutputPart) => TemplateResult | typeof nothing;
}

/** Says where output is missing: at its beginning, and past its limit. */
export function cutRules({ wording, limitKiB, whole }: CutOptions): CutRules {
  const { size } = wording.format;
  const words = wording.run.output;
  return {
    first({ dropped, lost = 0 }) {
      if (dropped === 0) return nothing;
      const sentence =
        lost > 0
          ? words.droppedAndCut(size(dropped), size(lost), limitKiB)
          : words.dropped(size(dropped));
      return cutRule(sentence, whole);
    },
    above({ cut }) {
      return cut > 0 ? cutRule(words.cut(size(cut), limitKiB), whole) : nothing;
    },
  };
}

function cutRule(sentence: string, whole: unknown): TemplateResult {
  return html`<div class="cut" role="separator" aria-label=${sentence}></div>
    <p class="cut-words"><bdi>${sentence}</bdi> ${whole}</p>`;
}
