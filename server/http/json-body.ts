import type { Context } from "hono";
import { safeParse, type BaseIssue, type BaseSchema, type InferOutput } from "valibot";
import { beyondShape, type JsonShape } from "./bodies/json-shape.ts";
import { bodyBytes } from "./bodies/read.ts";
import { ApiError } from "../../protocol/deferred-error.ts";

type Schema = BaseSchema<unknown, unknown, BaseIssue<unknown>>;

export interface JsonBodyOptions extends Partial<JsonShape> {
  /** The caller is authenticated, so its body does not count against the memory for unverified bodies. */
  vouched?: boolean;
}

/** More than any call by a person or a page needs. */
const SHAPE: JsonShape = { depth: 32, values: 2000 };
/** Maximum characters of a sentence about a mistake, since it quotes the body. */
const LONGEST_ISSUE = 300;

/**
 * Parses the request's body by `schema`. Its bytes and its structure are bounded before it is parsed, since any
 * caller may send it. Throws `ApiError` for each mistake of the caller.
 */
export async function jsonBody<S extends Schema>(
  c: Context,
  schema: S,
  maxBytes: number,
  { vouched, ...shape }: JsonBodyOptions = {},
): Promise<InferOutput<S>> {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new ApiError("content_type_unsupported", `It came as ${type ?? "nothing named"}.`);
  }
  const bytes = await bodyBytes(c, maxBytes, { vouched });
  const beyond = beyondShape(bytes, { ...SHAPE, ...shape });
  if (beyond !== undefined) throw new ApiError("body_invalid", beyond);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new ApiError("body_not_json");
  }
  const parsed = safeParse(schema, value, { abortEarly: true });
  if (!parsed.success) throw new ApiError("body_invalid", firstIssue(parsed.issues));
  return parsed.output;
}

/** Describes the first mistake and its place, in one sentence. */
export function firstIssue(issues: readonly BaseIssue<unknown>[]): string {
  const issue = issues[0]!;
  const where = issue.path?.map((item) => String(item.key)).join(".");
  const sentence = where ? `${where}: ${issue.message}` : issue.message;
  return sentence.length > LONGEST_ISSUE ? `${sentence.slice(0, LONGEST_ISSUE)}…` : sentence;
}
