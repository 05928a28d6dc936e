import { ApiError } from "../../../protocol/deferred-error.ts";

export interface StreamsOptions {
  /** 0: no limit. */
  most: number;
  maxOfCaller: number;
  refused: (limit: string) => void;
}

const COME_BACK_S = 30;

/** Bounds the open streams of events, each of which costs a connection and some memory. */
export function createStreams({ most, maxOfCaller, refused }: StreamsOptions) {
  const callers = new Map<string, number>();
  let open = 0;

  function refuse(limit: string, error: ApiError): never {
    refused(limit);
    throw error;
  }

  return {
    get open(): number {
      return open;
    },

    /** Counts a stream, until the returned function is called. Throws `overloaded` or `rate_limited`. */
    enter(caller: string | undefined): () => void {
      const facts = { retryAfterS: COME_BACK_S };
      if (most > 0 && open >= most) {
        const why = "As many readers follow runs as it takes; the run's own address answers.";
        refuse("streams", new ApiError("overloaded", why, facts));
      }
      const own = caller === undefined ? 0 : (callers.get(caller) ?? 0);
      if (caller !== undefined && maxOfCaller > 0 && own >= maxOfCaller) {
        const why = `${own} streams are open from this address; the run's own address answers.`;
        refuse("streams_of_address", new ApiError("rate_limited", why, facts));
      }
      open++;
      if (caller !== undefined) callers.set(caller, own + 1);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        open--;
        if (caller === undefined) return;
        const rest = callers.get(caller)! - 1;
        if (rest === 0) callers.delete(caller);
        else callers.set(caller, rest);
      };
    },
  };
}
