import { css, html, type TemplateResult } from "lit";

/** The editor for the reader's copy of the code; the author's element is hidden, never changed. */
export function codeEditor(
  text: string,
  label: string,
  locked: boolean,
  change: (text: string) => void,
): TemplateResult {
  return html`<textarea
    aria-label=${label}
    dir="ltr"
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

export const editorStyles = css`
  textarea {
    display: block;
    width: 100%;
    padding: 12px 16px;
    border: 0;
    resize: vertical;
    background: transparent;
    color: inherit;
    font: 0.9em/1.5 var(--dr-mono);
    tab-size: 4;
  }
  textarea:focus-visible {
    outline-offset: -2px;
  }
`;
