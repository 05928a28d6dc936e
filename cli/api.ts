import { isIPv4 } from "node:net";
import * as v from "valibot";
import { CliError } from "./cli-error.ts";
import { EXIT } from "./exit-codes.ts";
import { refusalSentence } from "./refusal-words.ts";

interface Call {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  headers?: Record<string, string>;
  token?: string | undefined;
  signal?: AbortSignal;
}

type AnySchema = v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>;

/** Calls the server and parses its answer. Throws `CliError`, with a problem's sentence for a person and its detail. */
export async function call<S extends AnySchema>(
  url: string,
  schema: S,
  options: Call = {},
): Promise<v.InferOutput<S>> {
  const response = await request(url, options);
  const text = await response.text();
  const parsed = v.safeParse(schema, text === "" ? undefined : jsonOf(text));
  if (parsed.success) return parsed.output;
  throw new CliError(`${url} gave an answer that this version does not understand`, {
    hint: "use the same version of deferred as the server's",
    exitCode: EXIT.errored,
  });
}

/** Sends a request; anything but 2xx becomes a `CliError`. */
export async function request(url: string, options: Call = {}): Promise<Response> {
  const headers: Record<string, string> = { ...options.headers };
  if (options.token !== undefined) {
    refuseToTell(url);
    headers["authorization"] = `Bearer ${options.token}`;
  }
  if (options.body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(url, {
    method: options.method ?? "GET",
    headers,
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    ...(options.signal ? { signal: options.signal } : {}),
  }).catch((cause: unknown) => {
    if (options.signal?.aborted) throw cause;
    throw unreachable(url, cause);
  });
  if (!response.ok) throw await refusal(response);
  return response;
}

/** A token goes over https, or stays on this machine: on the way, anybody could read it. */
function refuseToTell(url: string): void {
  const { protocol, hostname } = new URL(url);
  const loopback = isIPv4(hostname) && hostname.startsWith("127.");
  if (protocol === "https:" || loopback || ["localhost", "[::1]"].includes(hostname)) return;
  throw new CliError(`the API token is not sent to ${new URL(url).origin}: it is not https`, {
    hint: "set DEFERRED_URL to the server's https address",
  });
}

export function unreachable(url: string, cause: unknown): CliError {
  const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : "";
  return new CliError(`no server answers at ${new URL(url).origin}${why ? ` (${why})` : ""}`, {
    hint: "start it with deferred serve, or set DEFERRED_URL to where it is",
    exitCode: EXIT.unreachable,
    cause,
  });
}

const ProblemSchema = v.object({
  title: v.string(),
  code: v.string(),
  detail: v.optional(v.string()),
});

/** A server's refusal, with the fields of its problem document. */
export class RefusedError extends CliError {
  readonly status: number;
  readonly retryAfterS: number | undefined;
  constructor(message: string, hint: string | undefined, response: Response) {
    const theirs = response.status >= 500;
    super(message, {
      ...(hint === undefined ? {} : { hint }),
      exitCode: theirs ? EXIT.errored : EXIT.refused,
    });
    this.status = response.status;
    this.retryAfterS = retryAfterOf(response);
  }
}

async function refusal(response: Response): Promise<RefusedError> {
  const problem = v.safeParse(ProblemSchema, jsonOf(await response.text()));
  if (!problem.success) {
    return new RefusedError(`${response.url} answered ${response.status}`, undefined, response);
  }
  const { title, code, detail } = problem.output;
  const sentence = refusalSentence(code, title, retryAfterOf(response));
  const what = detail === undefined ? sentence : `${sentence}\n${detail}`;
  return new RefusedError(`${what}\ncode: ${code}`, undefined, response);
}

function retryAfterOf(response: Response): number | undefined {
  const after = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(after) ? after : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
