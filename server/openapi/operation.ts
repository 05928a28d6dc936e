import type { BaseIssue, BaseSchema } from "valibot";
import type { ErrorCode } from "../../protocol/errors.ts";

export type Schema = BaseSchema<unknown, unknown, BaseIssue<unknown>>;

/** One call, as its part of the document is made from it. */
export interface Operation {
  tag: "Runs" | "Results" | "Projects" | "Webhooks" | "Responders" | "Server";
  summary: string;
  description?: string;
  /** Name to description; those in braces in the path are found there. */
  parameters?: Record<string, string>;
  headers?: Record<string, string>;
  query?: Record<string, string>;
  body?: Schema;
  /** False where the call can do without one. */
  bodyRequired?: boolean;
  /** Status to description and, where there is a body of JSON, its schema. */
  answers: Record<number, [description: string, schema?: Schema, type?: string]>;
  errors?: ErrorCode[];
  security?: "owner" | "responder";
}

/** Calls by path and method. */
export type Operations = Record<
  string,
  Partial<Record<"get" | "post" | "put" | "patch" | "delete", Operation>>
>;

/** What a call that takes JSON may answer. */
export const badBody: ErrorCode[] = [
  "content_type_unsupported",
  "body_not_json",
  "body_too_large",
  "body_invalid",
];

/** What whoever it does not belong to is answered. */
export const foreign: ErrorCode[] = ["token_missing", "token_wrong", "project_not_found"];

/** The part of the path that names a project. */
export const slug = { owner: "The project's owner.", name: "The project's name." };
