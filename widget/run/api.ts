import { prepareOutput } from "./output.ts";
import type { Problem } from "../../protocol/errors.ts";
import type { Result, RunCreated, RunView } from "../../protocol/run.ts";
import { isTemporary, waitOf } from "./answers.ts";
import { ANSWER_MS } from "./request-run.ts";
import { describedRefusal } from "./described-refusal.ts";
import { pause } from "./pause.ts";
import type { Refusal, Trouble } from "../element/view.ts";

/** The server refused the call for good: a retry would fail again. */
export class RefusedError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.title);
    this.refusal = refusal;
  }
}

/** The server is unreachable or busy: a retry may succeed. */
export class PassingError extends Error {
  /** The server's message and its code; absent: there was no answer. */
  readonly said: Pick<Trouble, "said" | "code">;
  /** The server's Retry-After, in ms. */
  readonly retryAfterMs: number | undefined;
  /** The browser gave no reason: either there was no answer, or CORS hides it from the page. */
  readonly unread: boolean;
  constructor(said: Pick<Trouble, "said" | "code"> = {}, retryAfterMs?: number, unread = false) {
    super(said.said);
    this.said = said;
    this.retryAfterMs = retryAfterMs;
    this.unread = unread;
  }

  /** Describes the failure to the reader. */
  get trouble(): Trouble {
    const { said, retryAfterMs } = this;
    return { ...said, offline: !navigator.onLine, waitS: (retryAfterMs ?? 0) / 1000 };
  }
}

interface PostOptions {
  /** The element with the code. */
  host: Element;
  /** Aborts the wait between tries, never a request in flight, which the server may have already. */
  signal: AbortSignal;
  /** Called before each other try. */
  onTry: () => void;
  /** Called after a failed try, if another follows. */
  onRetry: (trouble: Trouble) => void;
}

/** Failed tries, in about half a minute, before a probe tells a stopped server from a CORS error. */
const HOPEFUL_TRIES = 6;
/**
 * Requests a run, after a `first` try. Retries until the server accepts or refuses, under the idempotency key of
 * `init`, so a press is neither lost nor doubled while the server restarts. Throws the signal's reason.
 */
export async function postRun(
  server: string,
  init: RequestInit,
  first: Promise<Response>,
  options: PostOptions,
): Promise<RunCreated | { refusal: Refusal }> {
  let unread = false;
  for (let tries = 0; ; tries++) {
    options.signal.throwIfAborted();
    if (tries > 0) options.onTry();
    try {
      const url = `${server}/v1/runs`;
      return await read(await call(url, init, tries === 0 ? first : undefined));
    } catch (error) {
      if (error instanceof RefusedError) {
        return { refusal: await describedRefusal(error.refusal, options.host) };
      }
      if (!(error instanceof PassingError)) throw error;
      if (unread && error.unread) return { refusal: UNREADABLE };
      options.onRetry(error.trouble);
      unread = error.unread && tries >= HOPEFUL_TRIES && (await answersAtAll(server));
      // It answers: the next try shows whether it was down or CORS hides its answers.
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

/** Returns whether the server answers at all, even if CORS hides the answer. */
async function answersAtAll(server: string): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const init: RequestInit = { mode: "no-cors", cache: "no-store", credentials: "omit", signal };
  return fetch(`${server}/healthz`, init).then(
    () => true,
    () => false,
  );
}

/** Withdraws from the run and returns its state; the server cancels a run without callers. */
export async function deleteRun(server: string, id: string, cancelToken: string): Promise<RunView> {
  const init = { method: "DELETE", headers: { authorization: `Bearer ${cancelToken}` } };
  return readLater(await call(`${server}/v1/runs/${id}`, init));
}

/** Returns the run's current state. Throws `RefusedError` if the server does not know it. */
export async function getRun(server: string, id: string): Promise<RunView> {
  return readLater(await call(`${server}/v1/runs/${id}`));
}

export async function getResult(url: string): Promise<Result> {
  const result: Result = await readLater(await call(url));
  await prepareOutput(result.stdout + result.stderr);
  return result;
}

/** Calls `fetch`, and throws `RefusedError` or `PassingError` unless the status is a success. */
async function call(
  url: string,
  init: RequestInit = {},
  called?: Promise<Response>,
): Promise<Response> {
  if (!url.startsWith("http")) throw new RefusedError(wrongServer(url));
  const signal = AbortSignal.timeout(ANSWER_MS);
  const response = await (called ?? fetch(url, { signal, ...init })).catch((error) => {
    throw new PassingError({}, undefined, error instanceof TypeError && navigator.onLine);
  });
  if (response.ok) return response;
  const { status } = response;
  const problem = (await response.json().catch(() => null)) as Partial<Problem> | null;
  const { code, title, detail } = problem ?? {};
  // A GET is safe to retry after any 5xx. An error without a code is from a proxy, whose server may be down.
  if (isTemporary(status) || (!init.method && (status >= 500 || !code))) {
    throw new PassingError({ said: title, code }, waitOf(response));
  }
  throw new RefusedError({
    code: code ?? `http_${status}`,
    title:
      title ??
      `The server answered with status ${status}. ${status < 500 ? NO_SERVER : "Try again later."}`,
    detail,
  });
}

/** Reads an answer about a run, which has an id; an answer without it comes from some other server. */
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

/** Like `read`, but of a server that answered before: a wrong answer, such as a sign-in page, is temporary. */
async function readLater<Answer extends { id: string }>(response: Response): Promise<Answer> {
  return read<Answer>(response).catch(() => {
    throw new PassingError();
  });
}
