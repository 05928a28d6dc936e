import { safeParse } from "valibot";
import { SecretNameSchema } from "../../protocol/command.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { SecretRequestSchema } from "../../protocol/projects.ts";
import { firstIssue } from "../http/json-body.ts";

/** Throws `body_invalid` unless it can be a secret's name. */
export function checkSecretName(text: string): string {
  const parsed = safeParse(SecretNameSchema, text);
  if (parsed.success) return parsed.output;
  const form = "capital letters, digits and _, beginning with a letter, 64 at most";
  throw new ApiError("body_invalid", `name: The secret's name is one of a variable: ${form}.`);
}

/** Throws `body_invalid` unless it can be a secret's value. */
export function checkSecretValue(value: string): string {
  const parsed = safeParse(SecretRequestSchema, { value });
  if (!parsed.success) throw new ApiError("body_invalid", firstIssue(parsed.issues));
  if (value.includes("\0")) throw new ApiError("body_invalid", "value: it holds a NUL.");
  return value;
}
