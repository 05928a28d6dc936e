import {
  askedPauseMs,
  callGitHub,
  isLimit,
  messageOf,
  redirectOf,
} from "../../projects/github/calls.ts";
import { sha256 } from "../../database/ids.ts";
import type { SendOutcome } from "../outcome.ts";
import type { Answer } from "../../http/post.ts";

const MINUTE_MS = 60_000;
/** GitHub's limit on writing calls a minute, by token. */
const MAX_A_MINUTE = 80;
/** Covers a repository that was renamed twice, and then given to another owner. */
const MAX_REDIRECTS = 3;
const MOVED =
  "The repository has another address now: give it to the project (deferred projects set --repo URL).";

export interface StatusCall {
  /** Base of the REST API. */
  api: string;
  token: string;
  /** `owner/name`. */
  name: string;
  commit: string;
  body: string;
  signal: AbortSignal;
}

/** A token's use of GitHub's rate limit. */
interface Use {
  /** Times of its calls within the last minute. */
  at: number[];
  pausedUntil: number;
}

/** Creates commit statuses on GitHub, within GitHub's rate limit of each token. */
export function createStatusSender(now: () => number) {
  /** By the token's digest. */
  const uses = new Map<string, Use>();

  /** Milliseconds until the token may be used again; 0 where it may, which counts as a use. */
  function take(use: Use): number {
    const at = now();
    use.at = use.at.filter((one) => at - one < MINUTE_MS);
    const full = use.at.length >= MAX_A_MINUTE ? use.at[0]! + MINUTE_MS - at : 0;
    const wait = Math.max(full, use.pausedUntil - at, 0);
    if (wait === 0) use.at.push(at);
    return wait;
  }

  return async ({ api, token, name, commit, body, signal }: StatusCall): Promise<SendOutcome> => {
    const key = sha256(token);
    for (const [other, { at, pausedUntil }] of uses) {
      // Tokens of an App live for an hour.
      if (Math.max(pausedUntil, (at.at(-1) ?? 0) + MINUTE_MS) <= now()) uses.delete(other);
    }
    const use = uses.get(key) ?? { at: [], pausedUntil: 0 };
    uses.set(key, use);
    let url = `${api}/repos/${name}/statuses/${commit}`;
    for (let redirects = 0; ; redirects++) {
      const wait = take(use);
      if (wait > 0) {
        const answer = "GitHub takes no more calls of this token for now.";
        return { kind: "again", answer, afterMs: wait };
      }
      const answer = await callGitHub(url, { token, body, signal });
      const next = redirectOf(answer, url);
      if (next === undefined || redirects === MAX_REDIRECTS) {
        const outcome = outcomeOf(answer, now());
        if (outcome.kind === "again" && isLimit(answer)) {
          use.pausedUntil = now() + (outcome.afterMs ?? 0);
        }
        const isMoved = outcome.kind === "sent" && redirects > 0;
        return isMoved ? { ...outcome, answer: `${outcome.answer} ${MOVED}` } : outcome;
      }
      url = next;
    }
  };
}

function outcomeOf(answer: Answer, now: number): SendOutcome {
  const { status, text } = answer;
  if (status === 201) return { kind: "sent", answer: "GitHub took it." };
  const said = messageOf(text);
  const told = `GitHub answered ${status}${said ? `: ${said}` : ""}.`;
  const asked = askedPauseMs(answer, now);
  // GitHub need not say how long a secondary limit lasts: wait at least a minute.
  if (isLimit(answer)) return { kind: "again", answer: told, afterMs: asked ?? MINUTE_MS };
  if (status >= 500 || status === 408) return { kind: "again", answer: told, afterMs: asked };
  if (status >= 300 && status < 400) return { kind: "never", answer: `${told} ${MOVED}` };
  if (/IP allow list/i.test(said)) {
    const what = "Have the organization allow the server's address, or give it a fixed one.";
    return { kind: "never", answer: `${told} ${what}` };
  }
  if (status === 401 || status === 403 || status === 404) {
    const what = "Give the project a token that may write commit statuses there.";
    const refused = { kind: "never", answer: `${told} ${what}` } as const;
    return status === 401 ? { ...refused, tokenRefused: true } : refused;
  }
  return { kind: "never", answer: told };
}
