import { html, nothing, type TemplateResult } from "lit";

/** Output that the page holds, until a run replaces it. `label` is the sentence above it. */
export function recordedSlot(label: string | undefined, replaced: boolean): TemplateResult {
  return html`${label ? html`<p class="recorded"><bdi>${label}</bdi></p>` : nothing}
    <slot name="recorded" ?hidden=${replaced}></slot>`;
}
