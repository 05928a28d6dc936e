import { html } from "hono/html";
import * as v from "valibot";
import {
  ChangeMachineSettingsSchema,
  MARKETS,
  type ChangeMachineSettings,
  type MachineSettings,
  type MachineWish,
} from "../../../protocol/machines.ts";
import { firstIssue } from "../../http/json-body.ts";
import { selectField, textField } from "../form/fields.ts";
import { FormError, type FormState } from "../form/mistakes.ts";
import { postForm } from "../form/post-form.ts";
import { fieldList, fieldText } from "../form/read-form.ts";
import type { Html } from "../layout.ts";

export interface SettingsFormOptions {
  action: string;
  settings: MachineSettings;
  /** What the server's own settings ask for; undefined: machines are all alike. */
  defaults: Required<MachineWish> | undefined;
  maxMachines: number;
  /** Whether the budget is a project's own, in machine-hours. */
  budget: boolean;
  back: string;
}

/** The form for the kind of machines and the number that stay awake. */
export function settingsForm(state: FormState, options: SettingsFormOptions): Html {
  const { action, settings, defaults, maxMachines, budget, back } = options;
  const kinds = defaults && [
    textField(state, {
      name: "types",
      label: "Instance types",
      help: `In order of preference. Empty: ${defaults.types.join(", ")}.`,
      value: settings.types?.join(", ") ?? "",
      code: true,
    }),
    textField(state, {
      name: "image",
      label: "Image",
      help: `An image’s id, a family such as debian-13, or self: and the name of your own. Empty: ${defaults.image}.`,
      value: settings.image ?? "",
      code: true,
    }),
    selectField(state, {
      name: "market",
      label: "Market",
      value: settings.market ?? "",
      values: [
        ["", `As the server (${defaults.market})`],
        ...MARKETS.map((market) => [market, market] as const),
      ],
    }),
  ];
  return postForm(state, {
    action,
    button: "Save",
    primary: true,
    back,
    fields: [
      ...(kinds ?? []),
      textField(state, {
        name: "min_awake",
        label: "Machines kept awake",
        help: html`They stay without work, at most ${maxMachines}. 0: machines leave when idle.`,
        value: String(settings.min_awake ?? 0),
        type: "number",
        size: 6,
      }),
      ...(budget
        ? [
            textField(state, {
              name: "budget_hours",
              label: "Machine-hours a day",
              help: "Empty: the server’s own budget for each project.",
              value: settings.budget_hours === undefined ? "" : String(settings.budget_hours),
              size: 8,
            }),
          ]
        : []),
    ],
  });
}

/** The changes that a sent form asks for. Throws `FormError`. */
export function settingsOfForm(form: URLSearchParams): ChangeMachineSettings {
  const text = (name: string) => fieldText(form, name);
  const orNull = (name: string) => (text(name) === "" ? null : text(name));
  const types = fieldList(form, "types");
  const hours = text("budget_hours");
  const changes = {
    ...(form.has("types") && { types: types.length === 0 ? null : types }),
    ...(form.has("image") && { image: orNull("image") }),
    ...(form.has("market") && { market: orNull("market") }),
    ...(form.has("budget_hours") && { budget_hours: hours === "" ? null : Number(hours) }),
    ...(form.has("min_awake") && { min_awake: Number(text("min_awake") || "0") }),
  };
  const parsed = v.safeParse(ChangeMachineSettingsSchema, changes, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [, name = "", sentence = ""] = /^(\w+)\S*: (.*)$/s.exec(firstIssue(parsed.issues)) ?? [];
  throw new FormError({ [name]: HINTS[name] ?? sentence });
}

const HINTS: Record<string, string> = {
  types: "Write types as EC2 names them, such as t3.small, between commas.",
  image: "Write an image’s id, a family such as debian-13, or self: and a name.",
  min_awake: "Write a whole number from 0 to 100.",
  budget_hours: "Write a number of hours, such as 6 or 0.5.",
};
