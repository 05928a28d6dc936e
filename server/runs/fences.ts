import type { Context, MiddlewareHandler } from "hono";
import type { Trx } from "../database/database.ts";
import { paths } from "../../protocol/paths.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { callerOf, clientOf } from "../http/requests/address.ts";
import { WAITING_STATES } from "./record.ts";
import type { Admit, Room } from "./submit.ts";
import { createBuckets } from "../http/limits/buckets.ts";
import type { Limits } from "../settings/limits.ts";

export interface FencesOptions {
  limits: Limits;
  /** Believe what a proxy says of whom it asks for. */
  trustProxy: boolean;
  /** A clock that never jumps, in milliseconds. */
  steady: () => number;
  /** Called with each request that is refused. */
  refused: (fence: string) => void;
}

/** How long whoever finds the queue full is asked to wait. */
const QUEUE_FULL_S = 30;
/** Calls that say by themselves who calls, beside those with an `Authorization`. */
const CREDENTIALS = /^\/(v1\/hooks|v1\/uploads|v1\/responder|sign-in)\//;

const HOOKS = paths.hook("", "").slice(0, -1);
/** Of its path. */
const LONGEST_HOOK = 80;

/** What keeps one caller from taking the server from all others. */
export function createFences({ limits, trustProxy, steady, refused }: FencesOptions) {
  const buckets = (perMinute: number) => createBuckets({ perMinute, steady });
  const requests = buckets(limits.addressRate);
  const blocks = buckets(limits.blockRate);
  const projects = buckets(limits.projectRate);
  const guesses = buckets(limits.guessRate);

  const caller = (c: Context) => callerOf(clientOf(c, trustProxy));

  function refuse(fence: string, error: ApiError): never {
    refused(fence);
    throw error;
  }

  function tooMany(fence: string, seconds: number, detail: string): never {
    refuse(fence, new ApiError("rate_limited", detail, { retryAfterS: seconds }));
  }

  return {
    caller,

    /** One more request for a run or a machine. Throws `rate_limited`. */
    request(c: Context): void {
      const address = caller(c);
      const wait = address === undefined ? 0 : requests.take(address);
      if (wait > 0) {
        tooMany("address", wait, `More than ${limits.addressRate} a minute from one address.`);
      }
    },

    /**
     * Whether one more run may be made: one that is shared, or answered from storage, takes nothing. Throws
     * `rate_limited`, `project_queue_full` or `queue_full`.
     */
    admit: (async (trx, { project, pool, blockDigest }) => {
      const block = blocks.wait(blockDigest);
      if (block > 0) {
        tooMany("block", block, `More than ${limits.blockRate} runs a minute of one block.`);
      }
      const all = projects.wait(project);
      if (all > 0) {
        tooMany("project", all, `More than ${limits.projectRate} runs a minute of one project.`);
      }
      await refuseFull(trx, { pool, project });
      blocks.take(blockDigest);
      projects.take(project);
    }) satisfies Admit,

    /** Whether one more run may wait for machines of the pool. Throws `project_queue_full` or `queue_full`. */
    room: refuseFull satisfies Room,

    /**
     * Whoever guesses tokens, signatures or sign-in codes is not listened to for a while. A host of many
     * repositories sends all their webhooks from the same addresses, and each but once: one that is signed
     * wrongly keeps out itself alone.
     */
    guessing(): MiddlewareHandler {
      return async function fenceGuesses(c, next) {
        const address = caller(c);
        const claims =
          c.req.header("authorization") !== undefined ||
          c.req.method === "DELETE" ||
          CREDENTIALS.test(c.req.path);
        if (address === undefined || !claims) return next();
        const isHook = c.req.path.startsWith(HOOKS);
        const guesser = isHook ? `${address} ${c.req.path.slice(0, LONGEST_HOOK)}` : address;
        const wait = guesses.wait(guesser);
        if (wait > 0) tooMany("guesses", wait, "Too many wrong credentials from one address.");
        await next();
        const { status } = c.res;
        const wrong = status === 401 || status === 403 || (isHook && status === 404);
        if (wrong) guesses.take(guesser);
      };
    },
  };

  async function refuseFull(trx: Trx, { pool, project }: Parameters<Room>[1]): Promise<void> {
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
    const facts = { retryAfterS: QUEUE_FULL_S };
    if (waitingOfProject > 0 && own >= waitingOfProject) {
      const detail = `${own} runs of this project wait already.`;
      refuse("queue_of_project", new ApiError("project_queue_full", detail, facts));
    }
    if (waiting > 0 && all >= waiting) {
      refuse("queue", new ApiError("queue_full", `${all} runs wait already.`, facts));
    }
  }
}
