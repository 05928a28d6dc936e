import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import * as v from "valibot";
import { oneAtATime } from "../../database/one-at-a-time.ts";
import { sha256 } from "../../database/ids.ts";
import { errorFacts, type ErrorFacts } from "../../logs/error-facts.ts";

/** Fields of a fault's log line in addition to the error. */
const ContextSchema = v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]));
type Context = v.InferOutput<typeof ContextSchema>;

const ErrorSchema: v.GenericSchema<ErrorFacts> = v.object({
  type: v.string(),
  message: v.string(),
  code: v.optional(v.string()),
  stack: v.optional(v.string()),
  cause: v.optional(v.lazy(() => ErrorSchema)),
}) as v.GenericSchema<ErrorFacts>;

const FaultSchema = v.object({
  id: v.string(),
  /** The message of the log line. */
  what: v.string(),
  count: v.number(),
  first_at: v.number(),
  last_at: v.number(),
  /** Of the last time. */
  error: ErrorSchema,
  context: ContextSchema,
  /** How often it had happened when an operator marked it as seen. */
  seen: v.optional(v.number()),
});
export type Fault = v.InferOutput<typeof FaultSchema>;

export type Faults = ReturnType<typeof createFaults>;

export interface FaultsDeps {
  /** Stores them across restarts. It is not in the database, because the database may be the failing part. */
  file: string;
  now: () => number;
  /** Maximum number of kinds; the least recently seen are dropped. */
  most?: number;
}

const MOST = 200;
const LONGEST = 8000;

/** The server's own failures, grouped by kind, with their number and the details of the last one. */
export function createFaults({ file, now, most = MOST }: FaultsDeps) {
  const faults = new Map(load(file).map((fault) => [fault.id, fault]));
  const text = () => JSON.stringify([...faults.values()]);
  const part = `${file}.part`;

  const store = oneAtATime(async () => {
    await writeFile(part, text(), { mode: 0o600 });
    await rename(part, file);
  });

  let closed = false;

  function note(what: string, error: unknown, context: Context): void {
    const facts = shortened(errorFacts(error));
    const id = sha256(JSON.stringify([what, ...kindOf(facts)])).slice(0, 16);
    const before = faults.get(id);
    // Reinserted at the end of the map, so that the least recently seen kind stays first.
    faults.delete(id);
    faults.set(id, {
      id,
      what,
      error: facts,
      context,
      count: (before?.count ?? 0) + 1,
      first_at: before?.first_at ?? now(),
      last_at: now(),
      ...(before?.seen !== undefined && { seen: before.seen }),
    });
    if (faults.size > most) faults.delete(faults.keys().next().value!);
  }

  return {
    record(what: string, error: unknown, context: Context): void {
      note(what, error, context);
      if (closed) return;
      // If the disk is full, the list stays in memory and the log has the error.
      void store().catch(() => {});
    },

    /** Records the error that ends the process. Synchronous, so that it is on disk when this returns. */
    recordLast(what: string, error: unknown): void {
      note(what, error, {});
      try {
        writeFileSync(part, text(), { mode: 0o600 });
        renameSync(part, file);
      } catch {
        // The error is on standard error as well.
      }
    },

    /** Marks a kind as seen, or all, until it happens again. */
    markSeen(id?: string): void {
      for (const [key, fault] of faults) {
        if (id === undefined || id === key) faults.set(key, { ...fault, seen: fault.count });
      }
      if (!closed) void store().catch(() => {});
    },

    /** The most recent first. */
    list: (): Fault[] => [...faults.values()].reverse(),

    async close(): Promise<void> {
      closed = true;
      await store.idle();
    },
  };
}

/** The key of a fault's kind: its text without ids and numbers. */
function kindOf({ type, message, stack, cause }: ErrorFacts): string[] {
  const place = stack?.split("\n").find((line) => /^\s+at /.test(line)) ?? "";
  const own = [type, message.replace(/[0-9a-z]{16,}|\d+/g, "…"), place.trim()];
  return cause ? [...own, ...kindOf(cause)] : own;
}

function shortened(facts: ErrorFacts): ErrorFacts {
  return {
    ...facts,
    message: facts.message.slice(0, LONGEST),
    ...(facts.stack === undefined ? {} : { stack: facts.stack.slice(0, LONGEST) }),
    ...(facts.cause === undefined ? {} : { cause: shortened(facts.cause) }),
  };
}

/** An unreadable or damaged file counts as empty, so that it does not keep the server from starting. */
function load(file: string): Fault[] {
  try {
    return v.parse(v.array(FaultSchema), JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return [];
  }
}
