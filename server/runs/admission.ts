import { ApiError } from "../../protocol/deferred-error.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import type { Trx } from "../database/database.ts";
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

/** Admits new runs: limits how many start a minute, and how many wait for machines. */
export function createAdmission({ limits, steady, refused }: AdmissionOptions) {
  const blocks = createBuckets({ tokens: limits.blockRate, steady });
  const projects = createBuckets({ tokens: limits.projectRate, steady });

  function refuse(limit: string, code: ErrorCode, retryAfterS: number, detail: string): never {
    refused(limit);
    throw new ApiError(code, detail, { retryAfterS });
  }

  async function refuseFull(trx: Trx, { pool, project }: Parameters<CheckQueue>[1]): Promise<void> {
    const { waiting, waitingOfProject } = limits;
    if (waiting === 0 && waitingOfProject === 0) return;
    const { all, own } = await trx
      .selectFrom("runs")
      .select((select) => [
        select.fn.countAll<number>().as("all"),
        select.fn.countAll<number>().filterWhere("project", "=", project).as("own"),
      ])
      .where("pool", "=", pool)
      .where("state", "in", WAITING_STATES)
      .executeTakeFirstOrThrow();
    if (waitingOfProject > 0 && own >= waitingOfProject) {
      const detail = `${own} runs of this project wait already.`;
      refuse("queue_of_project", "project_queue_full", QUEUE_FULL_S, detail);
    }
    if (waiting > 0 && all >= waiting) {
      refuse("queue", "queue_full", QUEUE_FULL_S, `${all} runs wait already.`);
    }
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
