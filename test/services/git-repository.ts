import { execFile } from "node:child_process";
import { appendFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
/** Without maintenance, which git starts after each commit and each push. */
const CONFIG = join(import.meta.dirname, "../fixtures/gitconfig");

interface CommitOptions {
  message?: string;
  author?: { name: string; email: string };
  /** RFC 3339; author and committer time. */
  at?: string;
  branch?: string;
}

export interface GitRepository {
  /** The bare repository, which a server serves. */
  bare: string;
  /** Its checkout, where commits are made. */
  work: string;
  git(...args: string[]): Promise<string>;
  /**
   * Writes `files` (null removes one; a text that begins with `#!` is executable), commits and pushes them.
   * Resolves with the commit's full name.
   */
  commit(
    files: Record<string, string | Uint8Array | null>,
    options?: CommitOptions,
  ): Promise<string>;
}

/** A repository `<name>.git` below `root`, with a checkout beside it; its default branch is `main`. */
export async function makeRepository(
  root: string,
  name: string,
  format: "sha1" | "sha256" = "sha1",
): Promise<GitRepository> {
  const bare = join(root, `${name}.git`);
  const work = join(root, `${name}.work`);
  const run = async (args: string[], env: Record<string, string> = {}) => {
    const { stdout } = await execute("git", args, {
      env: {
        PATH: process.env["PATH"],
        HOME: root,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: CONFIG,
        ...env,
      },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.trim();
  };
  await mkdir(root, { recursive: true });
  const init = ["init", "--quiet", "--template=", "--initial-branch=main"];
  await run([...init, `--object-format=${format}`, work]);
  await serveObjectsOf(work, bare);
  const git = (...args: string[]) => run(["-C", work, ...args]);

  return {
    bare,
    work,
    git,

    async commit(files, { message = "A change", author, at, branch = "main" } = {}) {
      const head = await readFile(join(work, ".git/HEAD"), "utf8");
      if (head !== `ref: refs/heads/${branch}\n`) {
        const known = (await git("branch", "--list", branch)) !== "";
        await git("switch", "--quiet", ...(known ? [] : ["--create"]), branch);
      }
      for (const [path, content] of Object.entries(files)) {
        const file = join(work, path);
        if (content === null) await rm(file);
        else {
          await mkdir(dirname(file), { recursive: true });
          const isProgram = typeof content === "string" && content.startsWith("#!");
          await writeFile(file, content, { mode: isProgram ? 0o755 : 0o644 });
        }
      }
      await git("add", "--all");
      const { name: by, email } = author ?? { name: "Ada Example", email: "ada@example.org" };
      const when: Record<string, string> = at
        ? { GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at }
        : {};
      await run(["-C", work, "commit", "--quiet", "--allow-empty", "--message", message], {
        GIT_AUTHOR_NAME: by,
        GIT_AUTHOR_EMAIL: email,
        GIT_COMMITTER_NAME: by,
        GIT_COMMITTER_EMAIL: email,
        ...when,
      });
      // What a forced push comes to where the objects are there already, for two processes instead of eleven.
      const commit = await readFile(join(work, ".git/refs/heads", branch), "utf8");
      const pushed = join(bare, "refs/heads", branch);
      await mkdir(dirname(pushed), { recursive: true });
      await writeFile(pushed, commit);
      return commit.trim();
    },
  };
}

/** Makes `bare` a repository with references of its own, on the objects of the checkout `work`, whose `origin` it is. */
async function serveObjectsOf(work: string, bare: string): Promise<void> {
  const config = join(work, ".git/config");
  const text = await readFile(config, "utf8");
  await mkdir(join(bare, "refs/heads"), { recursive: true });
  await symlink(join(work, ".git/objects"), join(bare, "objects"));
  await writeFile(join(bare, "HEAD"), "ref: refs/heads/main\n");
  await writeFile(join(bare, "config"), text.replace("bare = false", "bare = true"));
  await appendFile(config, `[remote "origin"]\n\turl = ${bare}\n`);
}
