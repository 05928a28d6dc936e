import type { Problem } from "../../protocol/errors.ts";
import type { RunRequest } from "../../protocol/requests.ts";
import type { Result, RunCreated, RunView } from "../../protocol/run.ts";
import { pause } from "../element/pause.ts";
import type { Refusal, Trouble } from "../element/view.ts";

/** The server understood the call and said no; asking again would not help. */
export class RefusedError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.title);
    this.refusal = refusal;
  }
}

/** The server is out of reach or busy: the same call may be answered later. */
export class PassingError extends Error {
  /** What the server said; absent: it was not reached. */
  readonly said: string | undefined;
  /** When it wants to be asked again, in ms from now. */
  readonly retryAfterMs: number | undefined;
  /** The browser gave no answer, and no reason: there was none, or the page may not read it. */
  readonly unread: boolean;
  constructor(said?: string, retryAfterMs?: number, unread = false) {
    super(said);
    this.said = said;
    this.retryAfterMs = retryAfterMs;
    this.unread = unread;
  }

  /** What a reader is told of it. */
  get trouble(): Trouble {
    const { said, retryAfterMs } = this;
    return { said, offline: !navigator.onLine, waitS: (retryAfterMs ?? 0) / 1000 };
  }
}

export interface PostOptions {
  /** Aborts the wait between tries, never a request on its way: the server may have it already. */
  signal: AbortSignal;
  /** The request is about to be sent, once more or the first time. */
  onTry: () => void;
  /** A try was in vain; another follows. */
  onRetry: (trouble: Trouble) => void;
}

/** So often a server that can't be reached is asked before it is looked at more closely: for about half a minute. */
const HOPEFUL_TRIES = 6;
/** A call without an answer for so long has none: the same again, under the same key, has no other effect. */
const ANSWER_MS = 30_000;
/** Too slow, too often; and whatever a server that restarts, or what stands before it, says from 502 on. */
const isPassing = (status: number) => status === 408 || status === 429 || status > 501;

/**
 * Asks `server` for a run. Tries until the server answers for good, under one idempotency `key`, so a
 * press is neither lost nor doubled while the server restarts. Throws `RefusedError`, or the signal's
 * reason.
 */
export async function postRun(
  server: string,
  request: RunRequest,
  key: string,
  options: PostOptions,
): Promise<RunCreated> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(request),
  };
  let unread = false;
  for (let tries = 0; ; tries++) {
    options.signal.throwIfAborted();
    options.onTry();
    try {
      return await read(await call(`${server}/v1/runs`, init));
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      if (unread && error.unread) throw new RefusedError(UNREADABLE);
      options.onRetry(error.trouble);
      unread = error.unread && tries >= HOPEFUL_TRIES && (await answersAtAll(server));
      // It answers by now: the next try finds out whether it was away or can't be read.
      if (unread) continue;
      await pause(error.retryAfterMs, tries, options.signal);
    }
  }
}

const UNREADABLE: Refusal = {
  code: "answer_blocked",
  title: "The server answers, but this page may not read what it says.",
  detail:
    "Its operator has to let error answers through the proxy as they are, with their CORS headers.",
};

/** Whether anything answers there, though the page may not read it. */
async function answersAtAll(server: string): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const init: RequestInit = { mode: "no-cors", cache: "no-store", credentials: "omit", signal };
  return fetch(`${server}/healthz`, init).then(
    () => true,
    () => false,
  );
}

/** Gives the run up; the server cancels it when no caller is left. Returns how it is then. */
export async function deleteRun(server: string, id: string, cancelToken: string): Promise<RunView> {
  const init = { method: "DELETE", headers: { authorization: `Bearer ${cancelToken}` } };
  return readLater(await call(`${server}/v1/runs/${id}`, init));
}

/** The run as it is now. Throws `RefusedError` where the server does not know it. */
export async function getRun(server: string, id: string): Promise<RunView> {
  return readLater(await call(`${server}/v1/runs/${id}`));
}

export async function getResult(url: string): Promise<Result> {
  return readLater(await call(url));
}

/** `fetch` whose answer is a good one. Throws `RefusedError` and `PassingError`. */
export async function call(url: string, init: RequestInit = {}): Promise<Response> {
  if (!url.startsWith("http")) throw new RefusedError(wrongServer(url));
  const signal = AbortSignal.timeout(ANSWER_MS);
  const response = await fetch(url, { signal, ...init }).catch((error) => {
    throw new PassingError(undefined, undefined, error instanceof TypeError && navigator.onLine);
  });
  if (response.ok) return response;
  const { status } = response;
  const problem = (await response.json().catch(() => null)) as Partial<Problem> | null;
  const { code, title, detail } = problem ?? {};
  // What asks for nothing new may be asked again, whatever the trouble is: a no that has no code of a server
  // of ours comes from what stands before it, which knows nothing of runs while that is away.
  if (isPassing(status) || (!init.method && (status >= 500 || !code))) {
    // The part behind the colon is for programs.
    throw new PassingError(title?.split(":")[0], retryAfterMs(response));
  }
  throw new RefusedError({
    code: code ?? `http_${status}`,
    title:
      title ??
      `The server answered with status ${status}. ${status < 500 ? NO_SERVER : "Try again later."}`,
    detail,
  });
}

/** What a deferred-runner server sends of a run has its id; anything else is another server's. */
async function read<Answer extends { id: string }>(response: Response): Promise<Answer> {
  const answer = (await response.json().catch((error: Error) => {
    if (!(error instanceof SyntaxError)) throw new PassingError();
  })) as Answer | null | undefined;
  if (typeof answer?.id !== "string") throw new RefusedError(wrongServer(response.url));
  return answer;
}

const NO_SERVER = "This address is no Deferred Runner server: the page has to name the right one.";

function wrongServer(detail: string): Refusal {
  return { code: "answer_unreadable", title: NO_SERVER, detail };
}

/** The same of a server that has answered before: what is between, such as a log-in page, goes away again. */
async function readLater<Answer extends { id: string }>(response: Response): Promise<Answer> {
  return read<Answer>(response).catch(() => {
    throw new PassingError();
  });
}

/** A second to an hour. Pages that were told the same time do not come back together. */
function retryAfterMs({ headers }: Response): number | undefined {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return seconds >= 0
    ? Math.min(Math.max(seconds, 1), 3600) * 1000 * (1 + Math.random() / 5)
    : undefined;
}
