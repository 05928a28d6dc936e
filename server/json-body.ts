import type { Context } from "hono";
import { safeParse, type BaseIssue, type BaseSchema, type InferOutput } from "valibot";
import { ProblemError } from "./problem.ts";

type Schema = BaseSchema<unknown, unknown, BaseIssue<unknown>>;

/** The request's body, parsed by `schema`. Throws `ProblemError` for everything a caller can get wrong. */
export async function jsonBody<S extends Schema>(
  c: Context,
  schema: S,
  maxBytes: number,
): Promise<InferOutput<S>> {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new ProblemError("content_type_unsupported", `It came as ${type ?? "nothing named"}.`);
  }
  const text = await bodyText(c, maxBytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProblemError("body_not_json");
  }
  const parsed = safeParse(schema, value);
  if (!parsed.success) throw new ProblemError("body_invalid", firstIssue(parsed.issues));
  return parsed.output;
}

/** Where the first mistake is and what it is, in one sentence. */
export function firstIssue(issues: readonly BaseIssue<unknown>[]): string {
  const issue = issues[0]!;
  const where = issue.path?.map((item) => String(item.key)).join(".");
  return where ? `${where}: ${issue.message}` : issue.message;
}

async function bodyText(c: Context, maxBytes: number): Promise<string> {
  const announced = Number(c.req.header("content-length") ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  const stream = c.req.raw.body;
  if (!stream) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream as ReadableStream<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError("body_too_large", `At most ${maxBytes} bytes.`);
}
