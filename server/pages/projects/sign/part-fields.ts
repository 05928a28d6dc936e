import { html } from "hono/html";
import { MAX_FILES, MAX_FILES_BYTES, MAX_PARTS } from "../../../../protocol/sizes.ts";
import { MAX_STORED_FILE_BYTES, MAX_STORED_FILES_BYTES } from "../../../../protocol/sizes.ts";
import { fileSize } from "../../../../protocol/words.ts";
import { DEFERRED } from "../../command-line.ts";
import { checkBox, idOf, mistakeAt, textArea, textField } from "../../form/fields.ts";
import type { FormState } from "../../form/mistakes.ts";
import type { Html } from "../../layout.ts";

/** Names of the fields below, whose details open where one of them is filled in. */
export const PART_FIELDS: readonly string[] = ["files", "stored", "setup", "before"];

/** Files beside the program, and code that comes before it. */
export function partFields(state: FormState): Html {
  return html`${fileField(state)}
  ${textArea(state, {
    name: "setup",
    label: "Set-up",
    help: "Code that runs first. The page does not show it.",
    rows: 4,
  })}
  ${codesBefore(state)}`;
}

/** The script fills in the list; it sends the files with the form, or before it where the server stores them. */
function fileField(state: FormState): Html {
  const given = (name: string) => state.typed?.get(name) ?? "";
  return html`<div class="field" id="${idOf("files")}" tabindex="-1">
    <p class="label" id="files-label">Data files</p>
    <p class="help" id="files-help">
      They lie in the program’s working directory: at most ${MAX_FILES},
      ${fileSize(MAX_FILES_BYTES)} in all. With a public page, ${fileSize(MAX_STORED_FILE_BYTES)}
      each and ${fileSize(MAX_STORED_FILES_BYTES)} in all.
    </p>
    <div class="drop" id="file-drop" hidden>
      <input
        type="file"
        id="choose-files"
        multiple
        aria-labelledby="files-label"
        aria-describedby="files-help"
      />
      <span class="quiet">or drop them here</span>
    </div>
    <ul class="files" id="file-list"></ul>
    <div class="quiet" id="file-total" role="status"></div>
    <noscript
      ><p class="quiet">
        Choosing files takes a script. Without:
        <code>${DEFERRED} sign FILE --file data.csv --publish</code>
      </p></noscript
    >
    <input type="hidden" name="files" value="${given("files")}" />
    <input type="hidden" name="stored" value="${given("stored")}" />
    ${mistakeAt(state, "files")}
  </div>`;
}

function codesBefore(state: FormState): Html {
  const given = (state.typed?.getAll("before") ?? []).filter((text) => text.trim() !== "");
  const shown = [...given, ""].slice(0, MAX_PARTS);
  return html`<div id="codes-before">
      ${shown.map((text, index) => {
        const one = {
          typed: new URLSearchParams({ before: text }),
          mistakes: index === 0 ? state.mistakes : {},
        };
        return index === 0
          ? textArea(one, {
              name: "before",
              label: "Code that it builds on",
              help: "The code of an earlier block of the page, which runs before this one. Only this one’s output is shown.",
              rows: 4,
            })
          : html`<div class="field">
              <textarea
                name="before"
                class="code"
                rows="4"
                spellcheck="false"
                autocapitalize="none"
                autocomplete="off"
                aria-label="Code that it builds on, number ${index + 1}"
              >
${text}</textarea>
            </div>`;
      })}
    </div>
    <p><button type="button" class="button" id="more-before" hidden>Add another</button></p>`;
}

/** Whether the block also gets a public page. */
export function pageFields(state: FormState): Html {
  return html`${checkBox(state, {
    name: "publish",
    label: "Give it a public page",
    help: "Anybody can then see and run it there, and on other sites by its script and its frame.",
    checked: false,
  })}
  ${textField(state, {
    name: "as",
    label: "Name of the page",
    help: "Optional. Its address then leads to the newest block that was published as it.",
    placeholder: "resume",
    size: 24,
    maxLength: 40,
    code: true,
  })}`;
}
