import { post, retryAfterMs, type Answer } from "../../http/post.ts";

interface GitHubCall {
  method?: "GET" | "POST" | "PATCH";
  /** A bearer token; undefined: without one. */
  token: string | undefined;
  headers?: Record<string, string>;
  body?: string;
  signal: AbortSignal;
  readBytes?: number;
}

/** One call of GitHub's REST API. Follows no redirect: see `redirectOf`. */
export function callGitHub(url: string, call: GitHubCall): Promise<Answer> {
  const { token, headers, ...more } = call;
  return post({
    url,
    headers: {
      accept: "application/vnd.github+json",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      "content-type": "application/json",
      "x-github-api-version": "2022-11-28",
      ...headers,
    },
    // Trusted: the operator configured the API's address.
    allowPrivate: true,
    ...more,
  });
}

/** The redirection of a renamed repository, by its id. Only to the same API, since no other host may get the token. */
export function redirectOf({ status, headers }: Answer, url: string): string | undefined {
  const { location } = headers;
  if (![301, 302, 307, 308].includes(status) || typeof location !== "string") return undefined;
  const next = URL.parse(location, url);
  return next?.origin === new URL(url).origin ? next.href : undefined;
}

/** Whether the answer reports the primary rate limit of the token, or a secondary limit. */
export function isLimit({ status, headers, text }: Answer): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  if (headers["retry-after"] !== undefined || headers["x-ratelimit-remaining"] === "0") return true;
  return /secondary rate limit|abuse detection/i.test(messageOf(text));
}

/** Milliseconds to wait, as GitHub asks. */
export function askedPauseMs({ headers }: Answer, now: number): number | undefined {
  return retryAfterMs(headers["retry-after"], now) ?? untilReset(headers, now);
}

/** Milliseconds until the primary rate limit resets, if it is used up. */
function untilReset(headers: Answer["headers"], now: number): number | undefined {
  if (headers["x-ratelimit-remaining"] !== "0") return undefined;
  const reset = Number(headers["x-ratelimit-reset"]);
  return Number.isFinite(reset) ? Math.max(0, reset * 1000 - now) : undefined;
}

/** GitHub's error message, or an empty text. */
export function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? message.slice(0, 200).replace(/\.$/, "") : "";
  } catch {
    return "";
  }
}
