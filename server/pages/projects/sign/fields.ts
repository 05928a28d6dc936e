import { html } from "hono/html";
import { SHOWN_AS } from "../../../../protocol/claims.ts";
import { DEFAULT_LIMITS, LIMIT_CEILINGS } from "../../../../protocol/limits.ts";
import { checkBox, selectField, textArea, textField } from "../../form/fields.ts";
import type { FormState } from "../../form/mistakes.ts";
import type { Html } from "../../layout.ts";
import { LIMIT_FIELDS } from "./form.ts";

const LIMIT_LABELS: Readonly<Record<(typeof LIMIT_FIELDS)[number], string>> = {
  wall_s: "Most seconds",
  cpu_s: "Most seconds of processor time",
  memory_mb: "Most MiB of memory",
  processes: "Most processes and threads",
  output_kb: "Most KiB of output",
  artifacts_mb: "Most MiB of artifacts",
};

/** Names of the fields below, whose details open where one of them is filled in. */
export const TERM_FIELDS: readonly string[] = [
  ...["inputs", "version", ...LIMIT_FIELDS, "network", "origins", "expires"],
  ...["edit", "once", "value", "show", "any_server"],
];

/** Fields of inputs and limits. */
export function termFields(state: FormState): Html {
  return html`${textArea(state, {
      name: "inputs",
      label: "Inputs",
      help: html`One a line, such as <code>count=integer,min=1,max=10,default=3</code> or
        <code>mode=choice,values=fast|slow</code>. The program reads <code>INPUT_COUNT</code>.`,
      rows: 3,
    })}
    ${textField(state, {
      name: "version",
      label: "Version of the runtime",
      help: html`Such as <code>3.11</code>: only a machine that has it runs the block. Empty: any.`,
      size: 8,
      code: true,
    })}
    <div class="limits">
      ${LIMIT_FIELDS.map((name) =>
        textField(state, {
          name,
          label: LIMIT_LABELS[name],
          help: `${DEFAULT_LIMITS[name]} unless given, ${LIMIT_CEILINGS[name]} at most.`,
          type: "number",
          size: 8,
        }),
      )}
    </div>
    ${textField(state, {
      name: "network",
      label: "Network",
      help: "Hosts that it may reach, or any. The project’s settings have to allow them.",
      code: true,
    })}
    ${textArea(state, {
      name: "origins",
      label: "Sites that may send it",
      help: "Addresses such as https://blog.example, one a line. Empty: any site.",
      rows: 2,
    })}
    ${textField(state, {
      name: "expires",
      label: "Valid for",
      help: "Such as 90d; then sign it again. Empty: without end.",
      size: 8,
      suggestions: ["7d", "30d", "90d", "365d"],
    })}
    ${selectField(state, {
      name: "show",
      label: "Show its output as",
      values: [["", "as it is"], ...SHOWN_AS.map((kind) => [kind, kind] as const)],
    })}
    ${checkBox(state, {
      name: "value",
      label: "Its last expression is the result’s value",
      help: "For python and ruby.",
      checked: false,
    })}
    ${checkBox(state, { name: "edit", label: "Readers may change the code", checked: false })}
    ${checkBox(state, {
      name: "once",
      label: "Never run it twice",
      help: "A run whose machine is lost is not tried again.",
      checked: false,
    })}
    ${checkBox(state, {
      name: "any_server",
      label: "Any server that knows the key may run it",
      help: "Without it, this server alone.",
      checked: false,
    })}`;
}
