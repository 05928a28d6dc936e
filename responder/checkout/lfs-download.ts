import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as v from "valibot";
import type { RemoteAccess } from "./access.ts";
import {
  openConfinedNetwork,
  type ConfinedNetwork,
  type NetworkSeams,
} from "./confined-network.ts";
import { git, GitFailure } from "./git.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import { retryTransient, TransientFailure } from "./tries.ts";

/** The content of a large file: its SHA-256 and its size. */
interface LfsObject {
  readonly oid: string;
  readonly size: number;
}

export interface LfsDownload {
  /** The repository whose `lfs/objects` they go to. */
  readonly folder: string;
  readonly commit: string;
  /** All that is to come: no file grows beyond the largest of them. */
  readonly objects: readonly LfsObject[];
  readonly access: RemoteAccess;
  readonly signal: AbortSignal;
  readonly seams?: NetworkSeams;
}

/** Files of git-lfs's own may be this large. */
const LEAST_LIMIT_BYTES = 64 * 1024;
const SSH_MS = 60_000;

/** Settings that win over a repository's `.lfsconfig`. */
const SETTINGS = {
  "lfs.basictransfersonly": "true",
  "lfs.concurrenttransfers": "4",
  "lfs.activitytimeout": "60",
  "lfs.locksverify": "false",
  "lfs.skipdownloaderrors": "false",
  "lfs.transfer.maxretries": "3",
} as const;

/** Where the large files' host is; `authorization` goes to this origin alone. */
interface LfsEndpoint {
  readonly href: string;
  readonly authorization?: string | undefined;
}

/**
 * Downloads the large files of a commit with git-lfs. Unless private addresses are allowed it runs in a network
 * namespace, since the host's answers name the addresses that it fetches from. Throws `CommandRefusal`.
 */
export async function downloadLfs(download: LfsDownload): Promise<void> {
  const { access, signal, seams } = download;
  const network = access.allowPrivate
    ? undefined
    : await openConfinedNetwork(access.secrets, seams);
  try {
    const endpoint = await findEndpoint(access, signal);
    await retryTransient(signal, () => fetchObjects(download, endpoint, network));
  } finally {
    await network?.close();
  }
}

async function fetchObjects(
  { folder, commit, objects, access, signal }: LfsDownload,
  { href, authorization }: LfsEndpoint,
  network: ConfinedNetwork | undefined,
): Promise<void> {
  const config: Record<string, string> = { ...SETTINGS, ...access.config, "lfs.url": href };
  if (authorization !== undefined) {
    config[`http.${new URL(href).origin}/.extraHeader`] = `Authorization: ${authorization}`;
  }
  if (network) config["http.proxy"] = network.proxy;
  const bytes = objects.reduce((most, { size }) => Math.max(most, size), LEAST_LIMIT_BYTES);
  const limit = ["prlimit", `--fsize=${bytes}:${bytes}`];
  try {
    await git(["lfs", "fetch", "--include=", "--exclude=", "origin", commit], {
      cwd: folder,
      signal,
      config,
      env: { GIT_DIR: folder },
      wrap: (argv) => network?.wrap([...limit, ...argv]) ?? [...limit, ...argv],
    });
  } catch (error) {
    throw error instanceof GitFailure ? explain(error, network?.refusal()) : error;
  }
}

async function findEndpoint(access: RemoteAccess, signal: AbortSignal): Promise<LfsEndpoint> {
  const { protocol, url } = access.address;
  if (protocol === "ssh") return askOverSsh(access, signal);
  if (protocol === "file") return { href: url };
  return { href: `${url.replace(/\/+$/, "").replace(/(\.git)?$/, ".git")}/info/lfs` };
}

const SshAnswerSchema = v.object({
  href: v.string(),
  header: v.optional(v.record(v.string(), v.string()), {}),
});

/** A host that is reached over ssh says there where the large files are. */
async function askOverSsh(access: RemoteAccess, signal: AbortSignal): Promise<LfsEndpoint> {
  const { address, env, allowPrivate } = access;
  const [, user, path] =
    /^ssh:\/\/(?:([^@/]+)@)?[^/]+\/(.+)$/.exec(address.url) ??
    /^(?:([^@]+)@)?[^:]+:(.+)$/.exec(address.url) ??
    [];
  const target = user === undefined ? address.host : `${user}@${address.host}`;
  const ask = `git-lfs-authenticate '${(path ?? "").replaceAll("'", "")}' download`;
  const script = `${env["GIT_SSH_COMMAND"]} -p "$1" "$2" "$3"`;
  let answer: v.InferOutput<typeof SshAnswerSchema>;
  try {
    const args = ["-c", script, "ssh", String(address.port), target, ask];
    const { stdout } = await promisify(execFile)("sh", args, { signal, timeout: SSH_MS });
    answer = v.parse(SshAnswerSchema, JSON.parse(stdout));
  } catch (error) {
    signal.throwIfAborted();
    throw refusal("the repository's host does not say by ssh where they are", error);
  }
  const url = URL.parse(answer.href);
  if (url?.protocol !== "https:" && !(allowPrivate && url?.protocol === "http:")) {
    throw refusal("the repository's host names no https address for them");
  }
  const names = Object.keys(answer.header);
  const other = names.find((name) => name.toLowerCase() !== "authorization");
  if (other !== undefined) throw refusal(`their host asks for the header ${other}`);
  return { href: answer.href, authorization: answer.header[names[0] ?? ""] };
}

const TRANSIENT =
  /timed? ?out|connection (refused|reset)|broken pipe|unexpected EOF|no such host|server misbehaving|TLS handshake|Bad Gateway|\b(429|5\d\d)\b|Too many requests|Server error|internal error/i;
const OF_THE_DISK = /no space left|read-only file system|disk quota|cannot allocate/i;

function explain(cause: GitFailure, refused: string | undefined): Error {
  const { stderr, stalled } = cause;
  if (refused !== undefined) return refusal(refused, cause);
  if (OF_THE_DISK.test(stderr)) return cause;
  const [, wrong] = /expected OID ([0-9a-f]{64})/.exec(stderr) ?? [];
  if (wrong !== undefined) return refusal(`what came is not ${wrong}`, cause);
  if (/file too large|file size limit/i.test(stderr)) {
    const [, oid = "the largest of them"] = /incomplete\/([0-9a-f]{64})/.exec(stderr) ?? [];
    return refusal(`more came than ${oid} has`, cause);
  }
  if (/\[404\]|does not exist|not found/i.test(stderr)) {
    return refusal("the host has no content of some of them", cause);
  }
  if (stalled || TRANSIENT.test(stderr)) {
    return new TransientFailure("The host of the repository's large files did not answer", {
      cause,
    });
  }
  return refusal(withoutPaths(stderr), cause);
}

/** The first telling line. An address's path or query may carry a signature that grants access. */
function withoutPaths(stderr: string): string {
  const said = stderr.split("\n").find((line) => line !== "" && !line.startsWith("fetch: "));
  return (said ?? "git-lfs failed")
    .replaceAll(/https?:\/\/[^\s"']+/g, (url) => URL.parse(url)?.origin ?? "an address")
    .slice(0, 300);
}

function refusal(what: string, cause?: unknown): CommandRefusal {
  const then = "check that they were pushed, and the project's repository token or deploy key";
  return new CommandRefusal(
    "checkout_failed",
    `The repository's large files were not fetched: ${what}; ${then} (deferred projects set).`,
    { cause },
  );
}
