import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import * as v from "valibot";
import type { RemoteAccess } from "./access.ts";
import { checkedRequest } from "./checked-request.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import { TransientFailure, retryTransient } from "./tries.ts";

/** A large file's content: by its SHA-256, and where it is to be. */
export interface LfsObject {
  readonly oid: string;
  readonly size: number;
  readonly path: string;
}

const AT_ONE_TIME = 4;
const MOST_OF_A_BATCH = 100;
const MOST_ANSWER_BYTES = 4 * 2 ** 20;
const JSON_TYPE = "application/vnd.git-lfs+json";

const HeadersSchema = v.optional(v.record(v.string(), v.string()), {});
const EndpointSchema = v.object({ href: v.string(), header: HeadersSchema });
type Endpoint = v.InferOutput<typeof EndpointSchema>;
const BatchSchema = v.object({
  transfer: v.optional(v.string(), "basic"),
  objects: v.array(
    v.object({
      oid: v.string(),
      actions: v.optional(v.object({ download: v.optional(EndpointSchema) })),
      error: v.optional(v.object({ message: v.optional(v.string(), "") })),
    }),
  ),
});

/** Downloads objects by git-lfs's batch API with its basic transfer. Throws `CommandRefusal`. */
export async function downloadObjects(
  objects: readonly LfsObject[],
  access: RemoteAccess,
  signal: AbortSignal,
): Promise<void> {
  const endpoint = access.address.protocol === "ssh" ? await askSsh(access, signal) : urlOf(access);
  for (let at = 0; at < objects.length; at += MOST_OF_A_BATCH) {
    const part = objects.slice(at, at + MOST_OF_A_BATCH);
    const places = await retryTransient(signal, () => placesOf(part, endpoint, access, signal));
    const left = [...part];
    const failed = new AbortController();
    const ending = AbortSignal.any([signal, failed.signal]);
    const worker = async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const object = next;
        const place = places.get(object.oid);
        if (place === undefined) throw refusal(`the host has no content of ${object.oid}`);
        await retryTransient(ending, () => download(object, place, access, ending));
      }
    };
    const workers = Array.from({ length: AT_ONE_TIME }, () =>
      worker().catch((error: unknown) => failed.abort(error)),
    );
    await Promise.all(workers);
    ending.throwIfAborted();
  }
}

function urlOf({ address, authorization }: RemoteAccess): Endpoint {
  const href = `${address.url.replace(/\/+$/, "").replace(/(\.git)?$/, ".git")}/info/lfs`;
  return { href, header: authorization === undefined ? {} : { authorization } };
}

/** Where ssh is the way to the repository, it tells the way to its large files. */
async function askSsh({ address, env }: RemoteAccess, signal: AbortSignal): Promise<Endpoint> {
  const [, user, path] =
    /^ssh:\/\/(?:([^@/]+)@)?[^/]+\/(.+)$/.exec(address.url) ??
    /^(?:([^@]+)@)?[^:]+:(.+)$/.exec(address.url) ??
    [];
  const target = user === undefined ? address.host : `${user}@${address.host}`;
  const ask = `git-lfs-authenticate '${(path ?? "").replaceAll("'", "")}' download`;
  const script = `${env["GIT_SSH_COMMAND"]} -p "$1" "$2" "$3"`;
  try {
    const args = ["-c", script, "ssh", String(address.port), target, ask];
    const { stdout } = await promisify(execFile)("sh", args, { signal, timeout: 60_000 });
    return v.parse(EndpointSchema, JSON.parse(stdout));
  } catch (error) {
    signal.throwIfAborted();
    throw refusal("the repository's host does not say by ssh where they are", error);
  }
}

async function placesOf(
  objects: readonly LfsObject[],
  { href, header }: Endpoint,
  access: RemoteAccess,
  signal: AbortSignal,
): Promise<Map<string, Endpoint>> {
  const body = JSON.stringify({
    operation: "download",
    transfers: ["basic"],
    objects: objects.map(({ oid, size }) => ({ oid, size })),
  });
  const headers = { ...header, accept: JSON_TYPE, "content-type": JSON_TYPE };
  const url = `${href.replace(/\/+$/, "")}/objects/batch`;
  const answer = await asked({ method: "POST", url, headers, body, access, signal });
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > MOST_ANSWER_BYTES) throw refusal("the host's answer is too long");
  }
  const batch = v.safeParse(BatchSchema, parseJson(text));
  if (!batch.success || batch.output.transfer !== "basic") {
    throw refusal("the host's answer is not git-lfs's");
  }
  const places = new Map<string, Endpoint>();
  for (const { oid, actions, error } of batch.output.objects) {
    if (error) throw refusal(`the host says of ${oid}: ${error.message.slice(0, 300)}`);
    const place = actions?.download;
    if (!place) continue;
    const isNear = URL.parse(place.href)?.origin === URL.parse(href)?.origin;
    places.set(oid, isNear ? { ...place, header: { ...header, ...place.header } } : place);
  }
  return places;
}

async function download(
  { oid, size, path }: LfsObject,
  { href, header }: Endpoint,
  access: RemoteAccess,
  signal: AbortSignal,
): Promise<void> {
  const answer = await asked({ method: "GET", url: href, headers: header, access, signal });
  const hash = createHash("sha256");
  let length = 0;
  const count = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      length += chunk.length;
      if (length > size) done(refusal(`more came than ${oid} has`));
      else done(null, chunk);
    },
  });
  const part = `${path}.part`;
  try {
    await pipeline(answer, count, createWriteStream(part), { signal });
    if (hash.digest("hex") !== oid) throw refusal(`what came is not ${oid}`);
    await rename(part, path);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CommandRefusal || isOfDisk(error)) throw error;
    throw new TransientFailure("The host of the repository's large files broke off", {
      cause: error,
    });
  } finally {
    await rm(part, { force: true });
  }
}

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly access: RemoteAccess;
  readonly signal: AbortSignal;
}

async function asked({ access, signal, ...request }: Asked): Promise<IncomingMessage> {
  const answer = await checkedRequest({ ...request, allowPrivate: access.allowPrivate, signal });
  const { statusCode: status = 0 } = answer;
  if (status === 200) return answer;
  answer.resume();
  if (status >= 500 || status === 429) {
    throw new TransientFailure("The host of the repository's large files is busy");
  }
  throw refusal(`their host answered ${status}`);
}

function isOfDisk(error: unknown): boolean {
  return ["ENOSPC", "EROFS", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(what: string, cause?: unknown): CommandRefusal {
  const then = "check that they were pushed, and the project's repository token or deploy key";
  return new CommandRefusal(
    "checkout_failed",
    `The repository's large files were not fetched: ${what}; ${then} (deferred projects set).`,
    { cause },
  );
}
