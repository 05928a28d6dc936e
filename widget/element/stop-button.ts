import { html, type TemplateResult } from "lit";
import type { PageWords } from "../words/words.ts";

export function stopButton(words: PageWords, name: string, stop: () => void): TemplateResult {
  return html`<button
    class="stop"
    part="stop"
    type="button"
    aria-label=${words.named(words.stop, name)}
    @click=${stop}
  >
    <slot name="stop"><bdi>${words.stop}</bdi></slot>
  </button>`;
}
