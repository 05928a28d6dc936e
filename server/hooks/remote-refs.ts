import { DeferredError } from "../../protocol/deferred-error.ts";
import { post } from "../http/post.ts";

/** The target of a branch or tag: an annotated tag's own object, and the commit behind it. */
export interface RemoteRef {
  object: string;
  commit: string;
}

/** The repository's host answered with something other than a list of refs. */
export class RepositoryAnswerError extends DeferredError {
  override readonly name = "RepositoryAnswerError";
  readonly answered: number;
  constructor(answered: number) {
    super("repository_failed", `The repository's host answered ${answered}.`);
    this.answered = answered;
  }
}

/** Enough for some 50,000 branches and tags. */
const MAX_BYTES = 4 * 2 ** 20;

/**
 * The branches and tags of a repository, read by git's protocol 2 over HTTP, so that the server needs no
 * git. Throws where the answer is invalid or incomplete.
 */
export async function remoteRefs(options: {
  url: string;
  authorization: string | undefined;
  format: "sha1" | "sha256";
  allowPrivate: boolean;
  signal: AbortSignal;
}): Promise<Map<string, RemoteRef>> {
  const { authorization, format, allowPrivate, signal } = options;
  const { status, text } = await post({
    url: `${options.url.replace(/\/+$/, "")}/git-upload-pack`,
    headers: {
      "content-type": "application/x-git-upload-pack-request",
      accept: "application/x-git-upload-pack-result",
      "git-protocol": "version=2",
      ...(authorization !== undefined && { authorization }),
    },
    body: [
      line("command=ls-refs"),
      ...(format === "sha256" ? [line("object-format=sha256")] : []),
      "0001",
      ...["peel", "ref-prefix refs/heads/", "ref-prefix refs/tags/"].map(line),
      "0000",
    ].join(""),
    ...{ allowPrivate, signal, readBytes: MAX_BYTES },
  });
  if (status !== 200) throw new RepositoryAnswerError(status);
  if (!text.endsWith("0000")) throw new Error("The list of branches and tags was not whole.");
  const refs = new Map<string, RemoteRef>();
  for (const one of text.split("\n")) {
    const [, object, ref, peeled] =
      /^[0-9a-f]{4}([0-9a-f]{40,64}) (\S+)(?: peeled:([0-9a-f]{40,64}))?$/.exec(one) ?? [];
    if (object !== undefined && ref !== undefined)
      refs.set(ref, { object, commit: peeled ?? object });
  }
  return refs;
}

/** Encodes a pkt-line: its length in hexadecimal digits, its text, a newline. */
function line(text: string): string {
  return `${(text.length + 5).toString(16).padStart(4, "0")}${text}\n`;
}
