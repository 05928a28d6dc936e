import { html, type TemplateResult } from "lit";
import type { Block } from "./block.ts";

export function nameOf({ name, language }: Block): string {
  return name || language.spoken.page.block;
}

/** Enter held down counts as one press. */
export function onePress(event: KeyboardEvent): void {
  if (event.key === "Enter" && event.repeat) event.preventDefault();
}

export function stopButton(block: Block): TemplateResult {
  const words = block.language.spoken.page;
  return html`<button
    class="stop"
    part="stop"
    type="button"
    aria-label=${words.named(words.stop, nameOf(block))}
    @click=${() => void block.cancel()}
  >
    <slot name="stop"><bdi>${words.stop}</bdi></slot>
  </button>`;
}
