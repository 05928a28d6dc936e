import { ApiError } from "../../../protocol/deferred-error.ts";

export interface BudgetOptions {
  /** Bytes that all may hold at one time. */
  most: number;
  /** Of those, one caller's. */
  maxOfCaller: number;
  /** Called with each request that is refused. */
  refused: (limit: string) => void;
}

/** One request's part of a budget. */
export interface Share {
  /** Takes so many bytes more. Throws `overloaded`. */
  take(bytes: number): void;
  /** Releases all bytes it took. */
  giveBack(): void;
}

const COME_BACK_S = 5;

/** Bounds the bytes of unverified bodies over all requests under way. */
export function createBudget({ most, maxOfCaller, refused }: BudgetOptions) {
  const callers = new Map<string, number>();
  let held = 0;

  return {
    get held(): number {
      return held;
    },

    /** A caller without a known address (undefined) has no limit of its own. */
    share(caller: string | undefined): Share {
      let own = 0;
      const ofCaller = () => callers.get(caller ?? "") ?? 0;
      const add = (bytes: number) => {
        own += bytes;
        held += bytes;
        if (caller === undefined) return;
        const all = ofCaller() + bytes;
        if (all > 0) callers.set(caller, all);
        else callers.delete(caller);
      };
      return {
        take(bytes) {
          const ownOver = caller !== undefined && ofCaller() + bytes > maxOfCaller;
          if (ownOver || held + bytes > most) {
            refused("bodies");
            const detail = "Bodies that are under way take all the room there is for them.";
            const facts = { retryAfterS: COME_BACK_S };
            throw new ApiError("overloaded", detail, facts);
          }
          add(bytes);
        },
        giveBack: () => add(-own),
      };
    },
  };
}
