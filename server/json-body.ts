import type { Context } from "hono";
import { safeParse, type BaseIssue, type BaseSchema, type InferOutput } from "valibot";
import { beyondShape, type JsonShape } from "./bodies/json-shape.ts";
import { ProblemError } from "./problem.ts";
import { received } from "./received.ts";

type Schema = BaseSchema<unknown, unknown, BaseIssue<unknown>>;

/** More than any call of a person or a page has. */
const SHAPE: JsonShape = { depth: 32, values: 2000 };
/** Of a sentence on what is wrong, which quotes names and values of the body. */
const LONGEST_ISSUE = 300;

/**
 * The request's body, parsed by `schema`: bounded in bytes and in structure before it is parsed, as anybody
 * may send it. Throws `ProblemError` for everything a caller can get wrong.
 */
export async function jsonBody<S extends Schema>(
  c: Context,
  schema: S,
  maxBytes: number,
  shape: Partial<JsonShape> = {},
): Promise<InferOutput<S>> {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new ProblemError("content_type_unsupported", `It came as ${type ?? "nothing named"}.`);
  }
  const bytes = await bodyBytes(c, maxBytes);
  const beyond = beyondShape(bytes, { ...SHAPE, ...shape });
  if (beyond !== undefined) throw new ProblemError("body_invalid", beyond);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new ProblemError("body_not_json");
  }
  const parsed = safeParse(schema, value, { abortEarly: true });
  if (!parsed.success) throw new ProblemError("body_invalid", firstIssue(parsed.issues));
  return parsed.output;
}

/** Where the first mistake is and what it is, in one sentence. */
export function firstIssue(issues: readonly BaseIssue<unknown>[]): string {
  const issue = issues[0]!;
  const where = issue.path?.map((item) => String(item.key)).join(".");
  const sentence = where ? `${where}: ${issue.message}` : issue.message;
  return sentence.length > LONGEST_ISSUE ? `${sentence.slice(0, LONGEST_ISSUE)}…` : sentence;
}

/** The bytes of a body that is read whole, `maxBytes` at most. */
export async function bodyBytes(c: Context, maxBytes: number): Promise<Uint8Array> {
  const announced = Number(c.req.header("content-length") ?? NaN);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  const brokenOff = new ProblemError("body_not_json", BROKEN_OFF);
  const bytes = Number.isNaN(announced)
    ? await bytesOf(c.req.raw.body, maxBytes, brokenOff)
    : // HTTP itself takes no more than was announced; without a stream that is a third less work.
      new Uint8Array(
        await c.req.raw.arrayBuffer().catch(() => {
          throw brokenOff;
        }),
      );
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

async function bytesOf(
  stream: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  brokenOff: ProblemError,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of received(stream, brokenOff)) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const BROKEN_OFF = "It broke off before its end.";

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError("body_too_large", `At most ${maxBytes} bytes.`);
}
