import { isIPv4 } from "node:net";
import * as v from "valibot";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { refusalSentence } from "./refusal-words.ts";

export interface CallOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  headers?: Record<string, string>;
  token?: string | undefined;
  signal?: AbortSignal | undefined;
}

type AnySchema = v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>;

/** Calls the server and parses its answer. Throws `CliError`, with a problem's sentence for a person and its detail. */
export async function call<S extends AnySchema>(
  url: string,
  schema: S,
  options: CallOptions = {},
): Promise<v.InferOutput<S>> {
  const response = await request(url, options);
  const text = await response.text();
  const parsed = v.safeParse(schema, text === "" ? undefined : parseJson(text));
  if (parsed.success) return parsed.output;
  throw new CliError(`${url} gave an answer that this version does not understand`, {
    hint: "use the same version of deferred as the server's",
    exitCode: EXIT.errored,
  });
}

/** Sends a request; anything but 2xx becomes a `CliError`. */
export async function request(url: string, options: CallOptions = {}): Promise<Response> {
  const headers: Record<string, string> = { ...options.headers };
  if (options.token !== undefined) {
    refuseInsecure(url);
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
    throw unreachableError(url, cause);
  });
  if (!response.ok) throw await readRefusal(response);
  return response;
}

/** Puts bytes at an address that the server signed. Throws `CliError`. */
export async function putBytes(
  url: string,
  headers: Readonly<Record<string, string>>,
  bytes: Uint8Array,
): Promise<void> {
  const response = await fetch(url, {
    method: "PUT",
    headers: { ...headers },
    body: new Uint8Array(bytes),
  }).catch((cause: unknown) => {
    throw unreachableError(url, cause);
  });
  if (!response.ok) throw await readRefusal(response);
  await response.body?.cancel();
}

/** A token goes over https or stays on this machine: a plain connection can be read on the way. */
function refuseInsecure(url: string): void {
  const { protocol, hostname } = new URL(url);
  const loopback = isIPv4(hostname) && hostname.startsWith("127.");
  if (protocol === "https:" || loopback || ["localhost", "[::1]"].includes(hostname)) return;
  throw new CliError(`the API token is not sent to ${new URL(url).origin}: it is not https`, {
    hint: "set DEFERRED_URL to the server's https address",
  });
}

/** The error for a request that got no answer. */
export function unreachableError(url: string, cause: unknown): CliError {
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
  override readonly status: number;
  readonly retryAfterS: number | undefined;
  constructor(message: string, response: Response) {
    super(message, { exitCode: response.status >= 500 ? EXIT.errored : EXIT.refused });
    this.status = response.status;
    this.retryAfterS = readRetryAfter(response);
  }
}

async function readRefusal(response: Response): Promise<RefusedError> {
  const problem = v.safeParse(ProblemSchema, parseJson(await response.text()));
  if (!problem.success) {
    return new RefusedError(`${response.url} answered ${response.status}`, response);
  }
  const { title, code, detail } = problem.output;
  const sentence = refusalSentence(code, title, readRetryAfter(response));
  const lines = [sentence, ...(detail === undefined ? [] : [detail]), `code: ${code}`];
  return new RefusedError(lines.join("\n"), response);
}

function readRetryAfter(response: Response): number | undefined {
  const after = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(after) ? after : undefined;
}

/** The value of a JSON text; undefined if it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
