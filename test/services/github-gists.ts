import { createHash } from "node:crypto";
import { startReceiver, type ReceivedCall, type ReceiverAnswer } from "./receiver.ts";

export interface PlayedGist {
  id: string;
  owner: string;
  isPublic?: boolean;
  /** It has more files than are sent. */
  isTruncated?: boolean;
  /** By name; bytes that are not UTF-8 are sent as GitHub sends them, in base64. */
  files: Record<string, string | Buffer>;
  /** Earlier contents, by their commit. */
  revisions?: Record<string, Record<string, string>>;
}

/** GitHub sends this much of a file. */
const MOST_CONTENT = 1_000_000;

/**
 * GitHub's calls that read and change a gist, with its limits, ETags and refusals:
 * https://docs.github.com/en/rest/gists/gists
 */
export async function startGitHubGists(gists: PlayedGist[], options: { token?: string } = {}) {
  let remaining = 60;
  let { token } = options;
  const resetAt = Math.floor(Date.now() / 1000) + 1800;

  function answer(call: ReceivedCall): ReceiverAnswer {
    const { authorization, "user-agent": agent } = call.headers;
    if (!agent) return refused(403, "Request forbidden by administrative rules.");
    const isKnown = token !== undefined && authorization === `Bearer ${token}`;
    if (authorization !== undefined && !isKnown) return refused(401, "Bad credentials");
    const [, id, revision] = /^\/gists\/([0-9a-f]+)(?:\/([^/]+))?$/.exec(call.path) ?? [];
    const gist = gists.find((one) => one.id === id);
    const answered = gist ? answerOf(call, gist, revision, isKnown) : refused(404, "Not Found");
    // A conditional request that finds no change does not count where it is authorized.
    if (answered.status !== 304 || !isKnown) remaining--;
    const limits = {
      "x-ratelimit-limit": "60",
      "x-ratelimit-remaining": String(Math.max(0, remaining)),
      "x-ratelimit-reset": String(resetAt),
    };
    const shown =
      remaining < 0 ? refused(403, "API rate limit exceeded for 203.0.113.7.") : answered;
    return { ...shown, headers: { ...shown.headers, ...limits } };
  }

  function answerOf(
    call: ReceivedCall,
    gist: PlayedGist,
    revision: string | undefined,
    isKnown: boolean,
  ): ReceiverAnswer {
    if (call.method === "PATCH") {
      if (!isKnown) return refused(404, "Not Found");
      const { files } = JSON.parse(call.body) as { files: Record<string, { content: string }> };
      for (const [name, { content }] of Object.entries(files)) gist.files[name] = content;
      return { status: 200, body: view(gist, gist.files, undefined) };
    }
    if (call.method !== "GET") return refused(404, "Not Found");
    const files = revision === undefined ? gist.files : gist.revisions?.[revision];
    if (!files) return refused(422, "No commit found for SHA: " + revision);
    const body = view(gist, files, revision);
    const etag = `W/"${digest(JSON.stringify(body))}"`;
    if (call.headers["if-none-match"] === etag) return { status: 304, headers: { etag } };
    return { status: 200, headers: { etag, "cache-control": "public, max-age=60" }, body };
  }

  const { url, calls } = await startReceiver(answer);
  return {
    url,
    calls,
    /** Requests that the limit still allows. */
    leave: (requests: number) => void (remaining = requests),
    expireToken: () => void (token = undefined),
  };
}

function view(gist: PlayedGist, files: PlayedGist["files"], revision: string | undefined) {
  const shown = Object.entries(files).map(([name, content]) => {
    const isText = typeof content === "string";
    const text = isText ? content : content.toString("base64");
    return [
      name,
      {
        filename: name,
        type: isText ? "text/plain" : "application/octet-stream",
        raw_url: `https://gist.githubusercontent.com/${gist.owner}/${gist.id}/raw/${name}`,
        size: Buffer.byteLength(content),
        truncated: text.length > MOST_CONTENT,
        content: text.slice(0, MOST_CONTENT),
        encoding: isText ? "utf-8" : "base64",
      },
    ];
  });
  return {
    id: gist.id,
    html_url: `https://gist.github.com/${gist.owner}/${gist.id}`,
    public: gist.isPublic ?? true,
    owner: { login: gist.owner },
    truncated: gist.isTruncated ?? false,
    files: Object.fromEntries(shown) as object,
    history: [{ version: revision ?? digest(JSON.stringify(files)) }],
  };
}

const digest = (text: string) => createHash("sha1").update(text).digest("hex");

function refused(status: number, message: string): ReceiverAnswer {
  return { status, body: { message, documentation_url: "https://docs.github.com/rest" } };
}
