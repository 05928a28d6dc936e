import type { RunRequest } from "../../protocol/requests.ts";
import type { RunCreated } from "../../protocol/run.ts";

/** Timeout of a call. A retry is safe: the idempotency key makes a repeated request harmless. */
export const ANSWER_MS = 30_000;

export interface FirstTry {
  response: Promise<Response>;
  /** Absent: the server did not accept, and the part for other states finds out why. */
  created: RunCreated | undefined;
}

/** An idempotency key. `crypto.randomUUID` exists only on secure pages; a static page may be plain http. */
export function newKey(): string {
  return crypto.getRandomValues(new Uint8Array(16)).join("-");
}

/** The call that requests a run under the idempotency `key`. */
export function runCall(request: RunRequest, key: string): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(request),
  };
}

/** Requests a run, once. */
export async function requestRun(server: string, init: RequestInit): Promise<FirstTry> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const response = fetch(`${server}/v1/runs`, { signal, ...init });
  const created = await response
    .then((answer) => (answer.ok ? (answer.clone().json() as Promise<RunCreated>) : undefined))
    .catch(() => undefined);
  return { response, created: typeof created?.id === "string" ? created : undefined };
}
