import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
/** Without maintenance, which git starts after each commit and each push. */
const CONFIG = join(import.meta.dirname, "../fixtures/gitconfig");

export interface CommitOptions {
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
  init.push(`--object-format=${format}`);
  await Promise.all([run([...init, "--bare", bare]), run([...init, work])]);
  const git = (...args: string[]) => run(["-C", work, ...args]);
  await git("remote", "add", "origin", bare);

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
      await git("push", "--quiet", "--force", "origin", branch);
      return (await readFile(join(work, ".git/refs/heads", branch), "utf8")).trim();
    },
  };
}
