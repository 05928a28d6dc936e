import { passwordMistake } from "../../accounts/users/password-rules.ts";
import { textField } from "../form/fields.ts";
import type { FormState, Mistakes } from "../form/mistakes.ts";
import type { Html } from "../layout.ts";

export function newPasswordField(state: FormState, label: string): Html {
  return textField(state, {
    name: "password",
    label,
    type: "password",
    autocomplete: "new-password",
    help: "8 characters or more. A few words are easier to remember than one with signs.",
    required: true,
  });
}

/** The new password of a form, or its mistake. `context` holds words that others can guess. */
export function readNewPassword(
  typed: URLSearchParams,
  context: readonly (string | null)[],
): { password: string; mistakes: Mistakes } {
  const password = typed.get("password") ?? "";
  const words = context.flatMap((one) => (one === null ? [] : [one, one.split("@")[0]!]));
  const mistake = passwordMistake(password, words);
  return { password, mistakes: mistake === undefined ? {} : { password: mistake } };
}

const LONGEST_NAME = 80;

export function nameField(state: FormState, value?: string): Html {
  return textField(state, {
    ...{ name: "name", label: "Name", autocomplete: "name", required: true },
    ...(value !== undefined && { value }),
    help: "Others see it beside what you do.",
  });
}

/** A name without line ends, and without marks that make the words beside it look like others. */
export function cleanName(name: string): string {
  return name
    .replace(/\p{Bidi_Control}+/gu, "")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
}

/** A person's name from a form, or its mistake. */
export function readName(typed: URLSearchParams): { name: string; mistakes: Mistakes } {
  const name = cleanName(typed.get("name") ?? "");
  if (name === "") return { name, mistakes: { name: "Type a name." } };
  if (Array.from(name).length <= LONGEST_NAME) return { name, mistakes: {} };
  return { name, mistakes: { name: `Use at most ${LONGEST_NAME} characters.` } };
}
