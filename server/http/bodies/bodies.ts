import type { Context, MiddlewareHandler } from "hono";
import { createBudget, type Share } from "./budget.ts";

/** The minimum rate of a body: `bytes` in every `ms`, until its end. */
export interface LeastRate {
  bytes: number;
  ms: number;
  /** Time for the longest body. */
  wholeMs: number;
}

/** The memory and disk that the body of an unverified caller may take. */
interface BodyShare {
  memory: Share;
  disk: Share;
  /** Where bodies beyond the memory's share are spooled. */
  folder: string;
  rate: LeastRate;
}

declare module "hono" {
  interface ContextVariableMap {
    body: BodyShare;
  }
}

export interface BodiesOptions {
  folder: string;
  /** The key of a limit by address. */
  caller: (c: Context) => string | undefined;
  refused: (limit: string) => void;
  rate?: LeastRate;
}

const MEMORY_BYTES = 48 * 1024 * 1024;
const DISK_BYTES = 256 * 1024 * 1024;
/** A line of 1 kB/s delivers more, and a small body arrives completely in that time. */
const RATE: LeastRate = { bytes: 8 * 1024, ms: 10_000, wholeMs: 300_000 };

/**
 * Bounds the memory of bodies that are not verified yet, since a sender can open thousands of connections at no cost.
 * One address may hold half of it.
 */
export function createBodies({ folder, caller, refused, rate = RATE }: BodiesOptions) {
  const budget = (most: number) => createBudget({ most, maxOfCaller: most / 2, refused });
  const memory = budget(MEMORY_BYTES);
  const disk = budget(DISK_BYTES);
  return {
    /** Bytes held right now. */
    get held() {
      return { memory: memory.held, disk: disk.held };
    },

    /** Opens a share for each request and releases it when the answer begins. */
    account(): MiddlewareHandler {
      return async function accountBody(c, next) {
        const by = caller(c);
        const share = { memory: memory.share(by), disk: disk.share(by), folder, rate };
        c.set("body", share);
        try {
          await next();
        } finally {
          share.memory.giveBack();
          share.disk.giveBack();
        }
      };
    },
  };
}
