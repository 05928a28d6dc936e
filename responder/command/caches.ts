import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  fstatSync,
  openSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { SavedCache } from "../../protocol/command.ts";
import { MAX_CACHE_BYTES } from "../../protocol/sizes.ts";
import { openPath } from "../artifacts/open.ts";
import type { FileCache } from "../project-file/project-file.ts";
import { untilAnswered } from "../client/retry.ts";
import { SandboxGone } from "../sandbox/supervisor/control-channel.ts";
import { ServerRefusal } from "../client/server-client.ts";
import { uploadAll } from "../client/upload.ts";
import { programEnvironment } from "./environment.ts";
import type { CommitTree } from "./commit-tree.ts";
import type { Job } from "./job.ts";
import { SUCCESS } from "./steps.ts";

const MAX_KEY_BYTES = 16 * 2 ** 20;

/** The cache folders of one work tree. */
export interface RestoredCaches {
  /** Saves the changed caches and resolves with them. */
  save(): Promise<SavedCache[]>;
}

interface Cache {
  readonly folder: string;
  readonly name: string;
  /** As commands see it. */
  readonly path: string;
  /** Digest of the restored archive. */
  restored: string | undefined;
}

/** Restores the folders that a file names. A cache that fails is a step that fails, and the run goes on. */
export async function restoreCaches(job: Job, tree: CommitTree): Promise<RestoredCaches> {
  const { work, inside, steps, calls, run, attempt, supervisor } = job;
  const wanted = work.caches ? (tree.file?.caches ?? []) : [];
  if (wanted.length === 0) return { save: async () => [] };
  const caches: Cache[] = [];
  for (const one of wanted) {
    const { folder } = one;
    const path = folder.startsWith("~/")
      ? join(inside.home, folder.slice(2))
      : join(tree.cwd, folder);
    caches.push({ folder, path, name: await cacheName(one, tree), restored: undefined });
  }
  const commit = tree.several ? tree.commit : undefined;
  const names = caches.map(({ name }) => name);
  const { signal } = supervisor;
  const stored = await untilAnswered(
    () => calls.restoreCaches({ run, attempt }, names, signal),
    signal,
  );
  for (const [index, cache] of caches.entries()) {
    const found = stored[index];
    await steps.step(
      "cache",
      `Restore ${cache.folder}`,
      () =>
        orFailed(job, async () => {
          if (!found) return steps.say("There is none yet.");
          await restore(job, cache, found);
          cache.restored = found.sha256;
        }),
      { commit },
    );
  }
  return { save: () => saveAll(job, caches, commit) };
}

async function restore(
  { client, workspace, inside, supervisor }: Job,
  cache: Cache,
  { url, sha256, size }: { url: string; sha256: string; size: number },
): Promise<void> {
  const file = `${randomUUID()}.tar.gz`;
  const here = join(workspace.share, file);
  try {
    await client.get(url, createWriteStream(here, { mode: 0o644 }), size, supervisor);
    const fd = openSync(here, "r");
    const digest = await digestFile(fd).finally(() => closeSync(fd));
    if (digest !== sha256) throw new Error("what storage holds is not what was stored");
    // Unpacked inside the sandbox, as its user: an archive reaches no further than the commands do.
    const script = 'mkdir -p "$1" && tar -xzf "$2" -C "$1"';
    await inSandbox({ supervisor, inside }, script, cache.path, join(inside.share, file));
  } finally {
    await rm(here, { force: true });
  }
}

async function saveAll(
  job: Job,
  caches: readonly Cache[],
  commit: string | undefined,
): Promise<SavedCache[]> {
  const saved: SavedCache[] = [];
  for (const cache of caches) {
    await job.steps.step(
      "cache",
      `Save ${cache.folder}`,
      () =>
        orFailed(job, async () => {
          const one = await save(job, cache);
          if (one === undefined) job.steps.say("It did not change.");
          else saved.push(one);
        }),
      { commit },
    );
  }
  return saved;
}

async function save(job: Job, cache: Cache): Promise<SavedCache | undefined> {
  const { workspace, inside, supervisor, calls, client, serverUrl, run, attempt } = job;
  const file = `.cache-${randomUUID()}.tar.gz`;
  // A reproducible archive: equal files give equal bytes, so a change can be detected.
  const script =
    'set -o pipefail; [[ -d $1 ]] || { echo "There is no such folder."; exit 1; }; tar --sort=name --format=gnu --owner=0 --group=0 --numeric-owner -cf - -C "$1" . | gzip -n -1 >"$2"';
  let fd: number | undefined;
  try {
    await inSandbox(job, script, cache.path, join(inside.tmp, file));
    fd = openSync(
      join(workspace.tmp, file),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error("its archive was replaced by something else");
    if (stat.size > MAX_CACHE_BYTES) throw new Error("It is over 1 GiB when compressed.");
    const sha256 = await digestFile(fd);
    if (sha256 === cache.restored) return undefined;
    const saved: SavedCache = { name: cache.name, size: stat.size, sha256 };
    const { signal } = supervisor;
    const uploads = await untilAnswered(
      () => calls.saveCaches({ run, attempt }, [saved], signal),
      signal,
    );
    await uploadAll(client, serverUrl, [{ fd, size: stat.size }], uploads, signal);
    return saved;
  } finally {
    if (fd !== undefined) closeSync(fd);
    await rm(join(workspace.tmp, file), { force: true });
  }
}

/** Turns an error into a failed step: a cache never fails the run. */
async function orFailed({ steps }: Job, work: () => Promise<void>) {
  try {
    await work();
    return SUCCESS;
  } catch (error) {
    if (error instanceof SandboxGone || isOver(error)) throw error;
    steps.say(error instanceof Error ? error.message : String(error));
    return { exitCode: 1, signal: null };
  }
}

/** Whether the server has ended this attempt. Refusals of storage do not. */
function isOver(error: unknown): boolean {
  if (!(error instanceof ServerRefusal)) return false;
  return error.status === 401 || error.code === "attempt_over" || error.code === "attempt_not_held";
}

async function inSandbox(
  { supervisor, inside }: Pick<Job, "supervisor" | "inside">,
  script: string,
  ...args: string[]
): Promise<void> {
  const { exitCode, output } = await supervisor.ask({
    argv: ["bash", "-c", script, "cache", ...args],
    cwd: inside.work,
    env: programEnvironment(inside.home),
  });
  if (exitCode !== 0) throw new Error(output.trim() || "tar failed");
}

/** The cache's key: a digest of the folder and the contents of its key files. */
async function cacheName({ folder, key }: FileCache, tree: CommitTree): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([folder, ...key]));
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const root = openSync(tree.host, flags);
  try {
    for (const file of key) {
      const fd = await openPath(root, file);
      if (fd === undefined) continue;
      try {
        const stat = fstatSync(fd);
        if (!stat.isFile() || stat.size > MAX_KEY_BYTES) continue;
        hash.update(`\0${file}\0${stat.size}\0`);
        for await (const part of readContent(fd)) hash.update(part as Buffer);
      } finally {
        closeSync(fd);
      }
    }
  } finally {
    closeSync(root);
  }
  return hash.digest("hex");
}

async function digestFile(fd: number): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of readContent(fd)) hash.update(part as Buffer);
  return hash.digest("hex");
}

const readContent = (fd: number) => createReadStream("", { fd, start: 0, autoClose: false });
