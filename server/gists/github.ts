import * as v from "valibot";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Answer } from "../http/post.ts";
import { askedPauseMs, callGitHub, isLimit } from "../projects/github/calls.ts";
import type { GistAddress } from "./address.ts";

const TIMEOUT_MS = 10_000;
/** Most characters of an answer. GitHub sends up to 1 MB of each file, and most gists have few files. */
const MAX_ANSWER = 8 * 1024 * 1024;
const MAX_RETRY_S = 3600;

const FileSchema = v.object({
  size: v.number(),
  truncated: v.optional(v.boolean()),
  content: v.optional(v.string()),
  encoding: v.optional(v.string()),
});
const GistSchema = v.object({
  public: v.boolean(),
  /** The gist has more files than GitHub sends. */
  truncated: v.optional(v.boolean()),
  html_url: v.optional(v.string()),
  owner: v.nullish(v.object({ login: v.string() })),
  files: v.record(v.string(), v.nullable(FileSchema)),
  history: v.optional(v.array(v.object({ version: v.string() }))),
});
export type AnsweredGist = v.InferOutput<typeof GistSchema>;
export type AnsweredFile = v.InferOutput<typeof FileSchema>;

/** GitHub's answer; `unchanged`: the copy with the sent ETag is still right. */
export type GistAnswer = { gist: AnsweredGist; etag: string | undefined } | "unchanged";

export interface GitHubGistsOptions {
  /** Base of the REST API. */
  api: string;
  /** With a token GitHub answers 5,000 requests an hour in place of 60. */
  token: string | undefined;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Reads gists by GitHub's REST API: https://docs.github.com/en/rest/gists/gists#get-a-gist */
export function gitHubGists({ api, token, now }: GitHubGistsOptions) {
  /** Throws `ApiError` that tells why the gist can't be read. */
  return async function readGist(
    { id, revision }: GistAddress,
    etag?: string,
  ): Promise<GistAnswer> {
    const path = revision === undefined ? `/gists/${id}` : `/gists/${id}/${revision}`;
    const answer = await callGitHub(api + path, {
      method: "GET",
      token,
      headers: etag === undefined ? {} : { "if-none-match": etag },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      readBytes: MAX_ANSWER + 1,
    }).catch((cause: unknown) => {
      throw new ApiError("gist_unavailable", undefined, { retryAfterS: 60, cause });
    });
    if (answer.status === 304) return "unchanged";
    if (answer.status !== 200) throw refusalOf(answer, revision, now());
    const { etag: newEtag } = answer.headers;
    return { gist: parseGist(answer.text), etag: newEtag?.toString() };
  };
}

function refusalOf(answer: Answer, revision: string | undefined, now: number): ApiError {
  const { status } = answer;
  if (isLimit(answer)) {
    const waitS = Math.ceil((askedPauseMs(answer, now) ?? 60_000) / 1000);
    const retryAfterS = Math.min(MAX_RETRY_S, Math.max(1, waitS));
    return new ApiError("gist_limited", undefined, { retryAfterS });
  }
  if (status === 403) return new ApiError("gist_private");
  if ([404, 410, 451].includes(status)) return new ApiError("gist_not_found");
  if (status === 422 && revision !== undefined) {
    return new ApiError("gist_not_found", `It has no revision ${revision}.`);
  }
  const detail =
    status === 401
      ? "GitHub refuses the server's DEFERRED_GITHUB_TOKEN."
      : `GitHub answered ${status}.`;
  return new ApiError("gist_unavailable", detail, { retryAfterS: 60 });
}

function parseGist(text: string): AnsweredGist {
  if (text.length > MAX_ANSWER) throw new ApiError("code_too_large", "The gist is over 8 MiB.");
  try {
    return v.parse(GistSchema, JSON.parse(text));
  } catch (cause) {
    throw new ApiError("gist_unavailable", undefined, { retryAfterS: 60, cause });
  }
}
