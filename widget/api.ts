import type { Problem } from "../protocol/errors.ts";
import type { RunRequest } from "../protocol/requests.ts";
import type { Result, RunCreated, RunView } from "../protocol/run.ts";
import type { Refusal } from "./run-view.ts";

/** The server understood the call and said no; asking again would not help. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.title);
    this.refusal = refusal;
  }
}

export interface PostOptions {
  /** Aborts the wait between tries, never a request on its way: the server may have it already. */
  signal: AbortSignal;
  /** A try was in vain; another follows. */
  onRetry: () => void;
}

/** Answers that a restarting or busy server gives: the same request is sent again. */
const PASSING = [429, 502, 503, 504];

/**
 * Asks `server` for a run. Tries until the server answers for good, under one idempotency key, so a
 * press is neither lost nor doubled while the server restarts. Throws `RefusedError`, or the signal's
 * reason.
 */
export async function postRun(
  server: string,
  request: RunRequest,
  options: PostOptions,
): Promise<RunCreated> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": newKey() },
    body: JSON.stringify(request),
  };
  for (let tries = 0; ; tries++) {
    options.signal.throwIfAborted();
    const response = await fetch(`${server}/v1/runs`, init).catch(() => undefined);
    if (response?.ok) return read(response);
    if (response && !PASSING.includes(response.status)) throw await refusedBy(response);
    options.onRetry();
    await pause(retryAfterMs(response) ?? backoffMs(tries), options.signal);
  }
}

/** Gives the run up; the server cancels it when no caller is left. */
export async function deleteRun(server: string, id: string, cancelToken: string): Promise<void> {
  const response = await fetch(`${server}/v1/runs/${id}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${cancelToken}` },
  });
  if (!response.ok) throw await refusedBy(response);
}

/** The run as it is now. Throws `RefusedError` where the server does not know it. */
export async function getRun(server: string, id: string): Promise<RunView> {
  const response = await fetch(`${server}/v1/runs/${id}`);
  if (!response.ok) throw await refusedBy(response);
  return read(response);
}

export async function getResult(url: string): Promise<Result> {
  const response = await fetch(url);
  if (!response.ok) throw await refusedBy(response);
  return read(response);
}

/** 1 s doubling to 15 s, the second half of it random: pages must not all come back at once. */
export function backoffMs(tries: number, random = Math.random): number {
  return Math.min(15_000, 500 * 2 ** tries) * (0.5 + random() / 2);
}

/** What a deferred-runner server sends is of its protocol's form; anything else is another server's. */
async function read<Answer>(response: Response): Promise<Answer> {
  try {
    return (await response.json()) as Answer;
  } catch {
    throw new RefusedError({
      code: "answer_unreadable",
      title: "This address is no Deferred Runner server: the page has to name the right one.",
      detail: response.url,
    });
  }
}

async function refusedBy(response: Response): Promise<Error> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  if (PASSING.includes(response.status)) return new Error(`status ${response.status}`);
  return new RefusedError({
    code: problem.code ?? `http_${response.status}`,
    title: problem.title ?? `The server answered with status ${response.status}. Try again later.`,
    detail: problem.detail,
  });
}

function retryAfterMs(response: Response | undefined): number | undefined {
  const seconds = Number(response?.headers.get("retry-after") ?? Number.NaN);
  return seconds >= 0 ? Math.min(seconds, 60) * 1000 : undefined;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}

/** `crypto.randomUUID` exists only on secure pages; a static page may be plain http. */
function newKey(): string {
  return crypto.getRandomValues(new Uint8Array(16)).join("-");
}
