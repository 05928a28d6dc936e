import { rmdirSync } from "node:fs";

/** Limits of all processes of a group together. */
export interface CgroupLimits {
  readonly memoryBytes: number;
  readonly processes: number;
}

/** The control groups of one sandbox. */
export interface Cgroup {
  /** Its first process joins by writing "0" to each of these files. */
  readonly joins: readonly string[];
  /**
   * Gives its processes their share of the processors, once a run waits for them. Until then they have what others
   * leave: a sandbox that starts ahead is in nobody's way.
   */
  hurry(): void;
  /** Throws where the memory already in use can't be brought under the limit. */
  limit(limits: CgroupLimits): void;
  /** Seconds of processor time used so far; undefined where the group does not count them. */
  cpuS(): number | undefined;
  /** Most bytes of memory in use at once so far; undefined where the group does not count them. */
  memoryPeakBytes(): number | undefined;
  /** Processes the kernel killed because the group's memory was used up. */
  memoryKills(): number;
  /** Removes the groups. Call it after every process in them is dead. */
  remove(): Promise<void>;
}

/** Where a responder may make control groups. */
export interface CgroupParent {
  /** The limits that its groups enforce. */
  readonly features: readonly string[];
  /** Where groups of earlier responders may have been left. */
  readonly roots: readonly string[];
  create(name: string): Cgroup;
}

const FIRST_WAIT_MS = 20;
const LAST_WAIT_MS = 2_000;

interface Removal {
  readonly path: string;
  waitMs: number;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * Removes groups' directories in batches, some milliseconds after their last process died. While the
 * kernel still holds the group, rmdir fails with EBUSY, and a failed call costs as much CPU as a successful one.
 */
export class GroupRemover {
  #waiting: Removal[] = [];

  remove(path: string): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#add({ path, waitMs: FIRST_WAIT_MS, done });
    return done.promise;
  }

  #add(removal: Removal): void {
    this.#waiting.push(removal);
    if (this.#waiting.length === 1) setTimeout(() => this.#removeAll(), removal.waitMs);
  }

  #removeAll(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (const removal of all) {
      try {
        rmdirSync(removal.path);
        removal.done.resolve();
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ENOENT") removal.done.resolve();
        else if (code !== "EBUSY" || removal.waitMs > LAST_WAIT_MS) removal.done.reject(error);
        else this.#add({ ...removal, waitMs: removal.waitMs * 2 });
      }
    }
  }
}
