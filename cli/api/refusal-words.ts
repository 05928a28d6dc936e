import type { ErrorCode } from "../../protocol/errors.ts";
import { duration } from "../../protocol/words.ts";

/** Sentences for a person, where the server's own address the program that made the call. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  body_invalid: "The server refuses what this command asks for.",
  body_too_large: "The server takes less than this command sends: send less.",
  query_invalid: "The server refuses what this command asks for.",
  header_invalid: "The server refuses what this command asks for.",
  body_not_json: "The server does not understand this command: use its version of deferred.",
  content_type_unsupported:
    "The server does not understand this command: use its version of deferred.",
  not_found:
    "The server does not know this command: use its version of deferred, and check DEFERRED_URL.",
  method_not_allowed: "The server does not know this command: use its version of deferred.",
  idempotency_key_reused: "The server has another request of this key: run the command again.",
  input_invalid: "An input is not what the block takes.",
  repository_refused: "This server does not fetch from such an address.",
  github_refused: "GitHub did not take what the server asked of it.",
  machine_refused: "The machine's state or the server's limits do not allow this.",
  machine_setting_refused: "Machines of this server can't be made so.",
  token_missing: "The server wants an API token: set DEFERRED_TOKEN to one.",
  token_wrong:
    "The server does not know this API token: check DEFERRED_TOKEN, or DEFERRED_DATA on the server's own machine.",
  project_not_found:
    "There is no such project here, or it is not yours: deferred projects list shows those you have.",
  rate_limited: "Too many requests: try again LATER.",
  project_queue_full: "Too many runs of this project wait already: try again LATER.",
  queue_full: "Too many runs wait already: try again LATER.",
  gist_limited: "GitHub answers no more requests of the server for now: try again LATER.",
  overloaded: "The server has too much to do: try again LATER.",
  storage_unavailable: "The server can't store anything right now: try again LATER.",
};

/** A refusal's sentence for a person at a terminal; `theirs` is the server's own. */
export function refusalSentence(
  code: string,
  theirs: string,
  retryAfterS: number | undefined,
): string {
  const words = Object.hasOwn(WORDS, code) ? WORDS[code as ErrorCode] : undefined;
  if (words === undefined) return theirs;
  const later = retryAfterS === undefined ? "in a moment" : `in ${duration(retryAfterS)}`;
  return words.replace("LATER", later);
}
