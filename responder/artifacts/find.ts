import { constants } from "node:fs";
import { opendir } from "node:fs/promises";
import { close, openBelow } from "./open.ts";
import { isPlainName } from "./plain-name.ts";
import type { Slices } from "./slices.ts";

/** Files to collect. Paths are relative to the working directory. */
export interface FileSearch {
  /** The folder or file where looking begins; empty: the working directory itself. */
  readonly base: string;
  /** Levels of folders below it that are looked into, and entries that are looked at. */
  readonly depth: number;
  readonly entries: number;
  matches(path: string): boolean;
  /** Whether a folder is looked into at all. */
  enters(path: string): boolean;
  /** The artifact's name. */
  nameOf(path: string): string;
}

/** The files that one search found, in the order of the tree. */
interface FoundFiles {
  readonly wanted: FileSearch;
  readonly paths: readonly string[];
}

export interface Findings {
  /** In the order of the searches; each path is with the first that matches it. */
  readonly found: readonly FoundFiles[];
  /** Matches that are no plain files, and folders that were not entered. */
  readonly leftOut: number;
}

interface Search {
  readonly wanted: FileSearch;
  readonly base: readonly string[];
  readonly paths: string[];
  left: number;
}

interface Entry {
  readonly name: string;
  /** Undefined: not known yet. */
  readonly isFolder: boolean | undefined;
}

/**
 * Finds the files of all searches below an open folder. Each folder is read once for all of them, in time slices, so
 * that a tree of any size blocks nothing else.
 */
export async function findWanted(
  folder: number,
  wanted: readonly FileSearch[],
  slices: Slices,
): Promise<Findings> {
  const searches = wanted.map((one): Search => ({
    wanted: one,
    base: one.base.split("/").filter(Boolean),
    paths: [],
    left: one.entries,
  }));
  const walk = new Walk(slices);
  await walk.visitFolder(folder, [], searches);
  return { found: searches, leftOut: walk.leftOut };
}

class Walk {
  readonly #slices: Slices;
  leftOut = 0;

  constructor(slices: Slices) {
    this.#slices = slices;
  }

  async visitFolder(fd: number, path: readonly string[], searches: readonly Search[]) {
    const inside = searches.filter(({ base }) => base.length <= path.length);
    const towards = searches.filter(({ base }) => base.length > path.length);
    const next = new Set(towards.map(({ base }) => base[path.length]!));
    const most = Math.max(0, ...inside.map(({ left }) => left));
    const listed = inside.length === 0 ? NOTHING : await this.#list(fd, most);
    const allowed = new Map(inside.map((search) => [search, this.#take(search, listed)]));
    const names = new Set(listed.entries.map(({ name }) => name));
    const more = [...next].filter((name) => !names.has(name));
    const entries = [...listed.entries, ...more.map((name) => ({ name, isFolder: undefined }))];
    for (const [index, entry] of entries.entries()) {
      const { name } = entry;
      const isNext = next.has(name);
      const active = searches.filter((search) => {
        const most = allowed.get(search);
        return most === undefined ? isNext && search.base[path.length] === name : index < most;
      });
      if (active.length > 0) await this.#visit(fd, entry, [...path, name], active);
      await this.#slices.pause();
    }
  }

  /** How many of the entries a search looks at. */
  #take(search: Search, { entries, more }: Listing): number {
    const taken = Math.min(entries.length, search.left);
    if (more || taken < entries.length) this.leftOut++;
    search.left -= taken;
    return taken;
  }

  async #visit(
    parent: number,
    entry: Entry,
    parts: readonly string[],
    searches: readonly Search[],
  ) {
    const path = parts.join("/");
    const looking = searches.filter(({ base }) => base.length <= parts.length);
    let { isFolder } = entry;
    if (isFolder !== false) {
      const fd = await openBelow(parent, entry.name, constants.O_DIRECTORY);
      isFolder ??= fd !== undefined;
      if (fd !== undefined) {
        try {
          return await this.#enter(fd, parts, path, searches);
        } finally {
          await close(fd);
        }
      }
    }
    // A named file that does not exist is not counted as left out.
    if (entry.isFolder === undefined && !(await exists(parent, entry.name))) return;
    const first = looking.find(({ wanted }) => wanted.matches(path));
    if (first === undefined) return;
    if (isFolder) this.leftOut++;
    else first.paths.push(path);
  }

  async #enter(
    fd: number,
    parts: readonly string[],
    path: string,
    searches: readonly Search[],
  ): Promise<void> {
    const entering = searches.filter(({ base, wanted }) => {
      const level = parts.length - base.length;
      return level <= 0 || (level < wanted.depth && wanted.enters(path));
    });
    const staying = searches.filter((search) => !entering.includes(search));
    if (staying.some(({ wanted }) => wanted.matches(path))) this.leftOut++;
    if (entering.length === 0) return;
    if (!isPlainName(path)) {
      if (entering.some(({ wanted }) => wanted.matches(path))) this.leftOut++;
      return;
    }
    try {
      await this.visitFolder(fd, parts, entering);
    } catch (error) {
      if (isAbort(error)) throw error;
      this.leftOut++;
    }
  }

  /** The first `most` entries of an open folder, sorted, and whether there are more. */
  async #list(folder: number, most: number): Promise<Listing> {
    // In parts: a list of all names could need more memory than the program may use.
    const directory = await opendir(`/proc/self/fd/${folder}`, { bufferSize: 256 });
    const entries: Entry[] = [];
    let more = false;
    for await (const entry of directory) {
      if (entries.length === most) {
        more = true;
        break;
      }
      entries.push({ name: entry.name, isFolder: entry.isDirectory() });
      await this.#slices.pause();
    }
    return { entries: entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)), more };
  }
}

async function exists(parent: number, name: string): Promise<boolean> {
  const fd = await openBelow(parent, name, constants.O_NONBLOCK);
  if (fd !== undefined) await close(fd);
  return fd !== undefined;
}

interface Listing {
  readonly entries: readonly Entry[];
  readonly more: boolean;
}
const NOTHING: Listing = { entries: [], more: false };

const isAbort = (error: unknown) => error instanceof Error && error.name === "AbortError";
