import { ApiError } from "../../protocol/deferred-error.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import type { Trx } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import { createBuckets } from "../http/limits/buckets.ts";
import { WAITING_STATES } from "./record.ts";
import type { Admit, CheckQueue } from "./submit.ts";

export interface AdmissionOptions {
  /** Runs a minute of one block and of one project, and most waiting runs; 0: no limit. */
  limits: { blockRate: number; projectRate: number; waiting: number; waitingOfProject: number };
  /** A clock that never jumps, in milliseconds. */
  steady: () => number;
  /** Called with the name of the limit that refused a run. */
  refused: (limit: string) => void;
}

/** How long a caller who finds the queue full is asked to wait. */
const QUEUE_FULL_S = 30;

interface Waiting {
  all: number;
  own: number;
}

/** How long a count of waiting runs admits others. Pushes and retries meanwhile are not in it. */
const COUNTED_FOR_MS = 250;
/** Counts that are kept. */
const COUNTS = 1000;

const waitingRunsOf = prepared((queries, of: { pool: string; project: string }) =>
  queries
    .selectFrom("runs")
    .select((select) => [
      select.fn.countAll<number>().as("all"),
      select.fn.countAll<number>().filterWhere("project", "=", of.project).as("own"),
    ])
    .where("pool", "=", of.pool)
    .where("state", "in", WAITING_STATES),
);

const waitingProjectsOf = prepared((queries, of: { pool: string }) =>
  queries
    .selectFrom("runs")
    .select((select) => select.fn.count<number>("project").distinct().as("count"))
    .where("pool", "=", of.pool)
    .where("state", "in", WAITING_STATES),
);

const reaches = (count: number, limit: number) => limit > 0 && count >= limit;

/** Admits new runs: limits how many start a minute, and how many wait for machines. */
export function createAdmission({ limits, steady, refused }: AdmissionOptions) {
  const blocks = createBuckets({ tokens: limits.blockRate, steady });
  const projects = createBuckets({ tokens: limits.projectRate, steady });

  function refuse(limit: string, code: ErrorCode, retryAfterS: number, detail: string): never {
    refused(limit);
    throw new ApiError(code, detail, { retryAfterS });
  }

  /** Waiting runs by pool and project, as last counted, with those that were let in since. */
  const counts = new Map<string, Waiting & { at: number }>();

  async function countWaiting(trx: Trx, pool: string, project: string): Promise<Waiting> {
    const key = JSON.stringify([pool, project]);
    let counted = counts.get(key);
    const isNear = ({ all, own }: Waiting) =>
      reaches(2 * all, limits.waiting) || reaches(2 * own, limits.waitingOfProject);
    // A count reads each waiting run. An old one is enough only far from the limits.
    if (!counted || steady() - counted.at > COUNTED_FOR_MS || isNear(counted)) {
      const [now = { all: 0, own: 0 }] = await waitingRunsOf(trx, { pool, project });
      counted = { ...now, at: steady() };
    }
    if (counts.size >= COUNTS) counts.clear();
    counts.set(key, { ...counted, all: counted.all + 1, own: counted.own + 1 });
    return counted;
  }

  async function refuseFull(trx: Trx, { pool, project }: Parameters<CheckQueue>[1]): Promise<void> {
    const { waiting, waitingOfProject } = limits;
    if (waiting === 0 && waitingOfProject === 0) return;
    const { all, own } = await countWaiting(trx, pool, project);
    if (reaches(own, waitingOfProject)) {
      const detail = `${own} runs of this project wait already.`;
      refuse("queue_of_project", "project_queue_full", QUEUE_FULL_S, detail);
    }
    if (reaches(all, waiting) && !(await hasShare(trx, pool, { all, own }))) {
      refuse("queue", "queue_full", QUEUE_FULL_S, `${all} runs wait already.`);
    }
  }

  /**
   * Whether a project that has `own` runs in a full queue may add one: while it has less than its fair share, so that
   * a few projects shut no other out. All shares together are one more queue at most.
   */
  async function hasShare(trx: Trx, pool: string, { all, own }: Waiting): Promise<boolean> {
    // Shares shrink with each project that comes, so the sum of those taken before has no bound of its own.
    // Other projects fill the queue, so a share is half of it at most.
    if (reaches(all, 2 * limits.waiting) || 2 * (own + 1) > limits.waiting) return false;
    const [waitingProjects] = await waitingProjectsOf(trx, { pool });
    const projects = (waitingProjects?.count ?? 0) + (own === 0 ? 1 : 0);
    return projects * (own + 1) <= limits.waiting;
  }

  return {
    /**
     * Admits a new run; a shared or stored answer counts against no limit. Throws `rate_limited`,
     * `project_queue_full` or `queue_full`.
     */
    admit: (async (trx, { project, pool, blockDigest }) => {
      const ofBlock = blocks.wait(blockDigest);
      if (ofBlock > 0) {
        const detail = `More than ${limits.blockRate} runs a minute of one block.`;
        refuse("block", "rate_limited", ofBlock, detail);
      }
      const ofProject = projects.wait(project);
      if (ofProject > 0) {
        const detail = `More than ${limits.projectRate} runs a minute of one project.`;
        refuse("project", "rate_limited", ofProject, detail);
      }
      await refuseFull(trx, { pool, project });
      blocks.take(blockDigest);
      projects.take(project);
    }) satisfies Admit,

    /**
     * Checks that a new run may wait for machines of the pool. Throws `project_queue_full` or `queue_full`.
     */
    checkQueue: refuseFull satisfies CheckQueue,
  };
}
