import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { resolveUrl } from "./address.ts";
import type { GitMirror } from "./mirror.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import { openSource, type RepositorySourceOptions } from "./source.ts";
import type { Submodule } from "./submodule.ts";
import { waysTo, type Way } from "./submodule-ways.ts";
import { makeTree } from "./tree.ts";

const MOST = 100;
const DEEPEST = 5;

/** The submodules of a commit, with their addresses as `.gitmodules` has them. */
export async function readSubmodules(mirror: GitMirror, commit: string): Promise<Submodule[]> {
  const tree = await mirror.git(["ls-tree", "-r", "-z", "--full-tree", commit]);
  const links = new Map<string, string>();
  for (const entry of tree.split("\0")) {
    const [, link, path] = /^160000 commit ([0-9a-f]+)\t(.+)$/s.exec(entry) ?? [];
    if (link !== undefined && path !== undefined) links.set(path, link);
  }
  if (links.size === 0) return [];
  if (links.size > MOST) throw refusal(`the repository has more than ${MOST}`);
  const modules = await readGitmodules(mirror, commit);
  return [...links].map(([path, link]) => {
    const [name, module] = [...modules].find(([, one]) => one["path"] === path) ?? [];
    const url = module?.["url"];
    if (name === undefined || url === undefined) {
      throw refusal(`.gitmodules says no url for ${JSON.stringify(path)}`);
    }
    return { name, path, commit: link, url: resolveUrl(url, mirror.remote.access.address) };
  });
}

/** `.gitmodules` by submodule name, read as data: includes and commands in it are ignored. */
async function readGitmodules(
  mirror: GitMirror,
  commit: string,
): Promise<Map<string, Record<string, string>>> {
  const modules = new Map<string, Record<string, string>>();
  const blob = `${commit}:.gitmodules`;
  const args = ["config", "--blob", blob, "--no-includes", "-z", "--get-regexp", "^submodule\\."];
  const text = await mirror.git(args).catch(() => "");
  for (const entry of text.split("\0")) {
    const [, name, key, value] = /^submodule\.(.+)\.([a-z]+)\n(.*)$/s.exec(entry) ?? [];
    if (name === undefined || key === undefined) continue;
    modules.set(name, { ...modules.get(name), [key]: value ?? "" });
  }
  return modules;
}

export interface SubmodulesOptions extends Omit<RepositorySourceOptions, "url" | "credential"> {
  readonly owner: number | undefined;
}

/** Checks submodules out into the tree that they belong to, and theirs into them. */
export async function makeSubmodules(
  tree: string,
  submodules: readonly Submodule[],
  options: SubmodulesOptions,
  depth = 1,
): Promise<void> {
  if (depth > DEEPEST) throw refusal(`they are more than ${DEEPEST} within one another`);
  for (const submodule of submodules) {
    const ways = waysTo(submodule.url, options.work);
    for (const [index, way] of ways.entries()) {
      try {
        await makeOne(tree, submodule, way, options, depth);
        break;
      } catch (error) {
        const isLast = index === ways.length - 1;
        if (isLast || !(error instanceof CommandRefusal)) throw error;
      }
    }
  }
}

async function makeOne(
  tree: string,
  { path, commit }: Submodule,
  way: Way,
  options: SubmodulesOptions,
  depth: number,
): Promise<void> {
  const { work, owner, signal } = options;
  const { lfs } = work.repository;
  const source = await openSource({ ...options, ...way });
  try {
    const inner = join(tree, path);
    // Never write through a symbolic link of the tree.
    if ((await realpath(inner)) !== join(await realpath(tree), path)) {
      throw refusal(`${JSON.stringify(path)} is not a folder of the tree`);
    }
    // Nested submodules follow after the lock is released: a repository may contain itself.
    const within = await source.mirror(commit, async (mirror) => {
      await mirror.bring(commit, 1);
      const submodules = await readSubmodules(mirror, commit);
      const rest = { branch: undefined, tag: undefined, submodules, lfs, owner, signal };
      await makeTree(inner, { mirror, commit, depth: 1, ...rest });
      return submodules;
    });
    await makeSubmodules(inner, within, options, depth + 1);
  } finally {
    await source.close();
  }
}

function refusal(what: string): CommandRefusal {
  return new CommandRefusal("checkout_failed", `The submodules can't be checked out: ${what}.`);
}
