import * as v from "valibot";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { GistAddress } from "./address.ts";

const TIMEOUT_MS = 10_000;
/** GitHub sends up to 1 MB of each file, and a gist has mostly few. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const MAX_RETRY_S = 3600;

const FileSchema = v.object({
  size: v.number(),
  truncated: v.optional(v.boolean()),
  content: v.optional(v.string()),
  encoding: v.optional(v.string()),
});
const GistSchema = v.object({
  public: v.boolean(),
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
  const headers = {
    accept: "application/vnd.github+json",
    "user-agent": "deferred-runner",
    "x-github-api-version": "2022-11-28",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };

  /** Throws `ApiError` that tells why the gist can't be read. */
  return async function readGist(
    { id, revision }: GistAddress,
    etag?: string,
  ): Promise<GistAnswer> {
    const path = revision === undefined ? `/gists/${id}` : `/gists/${id}/${revision}`;
    const response = await fetch(api + path, {
      headers: { ...headers, ...(etag !== undefined && { "if-none-match": etag }) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new ApiError("gist_unavailable", undefined, { retryAfterS: 60, cause });
    });
    try {
      if (response.status === 304) return "unchanged";
      if (!response.ok) throw refusalOf(response, revision, now());
      return { gist: await readBody(response), etag: response.headers.get("etag") ?? undefined };
    } finally {
      // What is left of the body is not needed.
      await response.body?.cancel().catch(() => {});
    }
  };
}

function refusalOf(response: Response, revision: string | undefined, now: number): ApiError {
  const { status } = response;
  const waitS = retryAfter(response.headers, now);
  if (status === 429 || (status === 403 && waitS !== undefined)) {
    return new ApiError("gist_limited", undefined, { retryAfterS: waitS ?? 60 });
  }
  if (status === 401) {
    return new ApiError("gist_private", "GitHub refuses the server's DEFERRED_GITHUB_TOKEN.");
  }
  if (status === 403) return new ApiError("gist_private");
  if ([404, 410, 451].includes(status)) return new ApiError("gist_not_found");
  if (status === 422 && revision !== undefined) {
    return new ApiError("gist_not_found", `It has no revision ${revision}.`);
  }
  const detail = `GitHub answered ${status}.`;
  return new ApiError("gist_unavailable", detail, { retryAfterS: 60 });
}

/** Seconds until GitHub answers again; undefined where no limit was reached. */
function retryAfter(headers: Headers, now: number): number | undefined {
  const told = Number(headers.get("retry-after") ?? "");
  if (headers.has("retry-after") && Number.isFinite(told)) return bounded(told);
  if (headers.get("x-ratelimit-remaining") !== "0") return undefined;
  return bounded(Number(headers.get("x-ratelimit-reset") ?? 0) - now / 1000);
}

const bounded = (seconds: number) => Math.min(MAX_RETRY_S, Math.max(1, Math.ceil(seconds || 60)));

async function readBody(response: Response): Promise<AnsweredGist> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > MAX_ANSWER_BYTES) throw new ApiError("code_too_large", "The gist is over 8 MiB.");
      chunks.push(chunk);
    }
    return v.parse(GistSchema, JSON.parse(Buffer.concat(chunks).toString("utf8")));
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError("gist_unavailable", undefined, { retryAfterS: 60, cause });
  }
}
