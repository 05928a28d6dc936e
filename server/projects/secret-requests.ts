import { safeParse } from "valibot";
import { SecretNameSchema } from "../../protocol/command.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { SecretRequestSchema } from "../../protocol/projects.ts";
import { hiddenVariable } from "../../protocol/run-variables.ts";
import { firstIssue } from "../http/json-body.ts";

/** Throws `body_invalid` unless a secret may be set under this name. */
export function checkSecretName(text: string): string {
  const parsed = safeParse(SecretNameSchema, text);
  if (!parsed.success) {
    const form = "capital letters, digits and _, beginning with a letter, 64 at most";
    throw new ApiError("body_invalid", `name: The secret's name is one of a variable: ${form}.`);
  }
  const hidden = hiddenVariable(text);
  if (hidden !== undefined) throw new ApiError("body_invalid", `name: ${hidden}.`);
  return text;
}

/** Throws `body_invalid` unless it can be a secret's value. */
export function checkSecretValue(value: string): string {
  const parsed = safeParse(SecretRequestSchema, { value });
  if (!parsed.success) throw new ApiError("body_invalid", firstIssue(parsed.issues));
  if (value.includes("\0")) throw new ApiError("body_invalid", "value: it holds a NUL.");
  return value;
}
