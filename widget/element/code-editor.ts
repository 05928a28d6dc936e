import { html, type TemplateResult } from "lit";

/** The editor for the reader's copy of the code; the author's element is hidden, never changed. */
export function codeEditor(
  text: string,
  locked: boolean,
  change: (text: string) => void,
): TemplateResult {
  return html`<textarea
    aria-label="Code"
    spellcheck="false"
    autocapitalize="off"
    autocomplete="off"
    wrap="off"
    rows=${Math.min(30, Math.max(3, text.split("\n").length + 1))}
    ?readonly=${locked}
    .value=${text}
    @input=${(event: InputEvent) => change((event.target as HTMLTextAreaElement).value)}
  ></textarea>`;
}
