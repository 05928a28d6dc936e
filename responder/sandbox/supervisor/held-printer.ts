import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import type { OnOutput } from "../result.ts";
import type { ControlChannel } from "./control-channel.ts";
import type { MarkedStreams } from "./marked-streams.ts";

/** Pause between two rounds. Without it, two programs that print all the time would take turns line by line. */
const ROUND_MS = 20;
const ReadySchema = v.object({ commands: v.array(v.number()) });
const PrintedSchema = v.object({ whole: v.boolean() });

interface Printed {
  readonly write: OnOutput;
  readonly isWhole: PromiseWithResolvers<void>;
}

/** Prints the output of held programs in turn. */
export interface HeldPrinter {
  /** Passes a held program's output to `write`; resolves once all of it was passed on. */
  print(command: number, write: OnOutput): Promise<void>;
}

/**
 * Held programs share the sandbox's stdout and stderr. The supervisor prints what one program has written so far, then a
 * mark; output up to the mark belongs to that program. Then it prints the next one's.
 */
export function heldPrinter(
  call: ControlChannel["call"],
  streams: MarkedStreams,
  gone: Promise<void>,
): HeldPrinter {
  const printing = new Map<number, Printed>();
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    try {
      while (printing.size > 0) {
        const { commands } = await call({ op: "await_output" }, ReadySchema);
        for (const command of commands) await printOne(command);
        if (printing.size > 0) await sleep(ROUND_MS);
      }
    } catch (error) {
      for (const { isWhole } of printing.values()) isWhole.reject(error);
      printing.clear();
    }
    isRunning = false;
  }

  async function printOne(command: number): Promise<void> {
    const one = printing.get(command);
    if (!one) return;
    const mark = streams.expect(one.write);
    const { whole } = await call({ op: "print", command, mark: mark.text }, PrintedSchema);
    await Promise.race([mark.seen, gone]);
    if (!whole) return;
    printing.delete(command);
    one.isWhole.resolve();
  }

  return {
    print(command, write) {
      const isWhole = Promise.withResolvers<void>();
      printing.set(command, { write, isWhole });
      if (!isRunning) void run();
      return isWhole.promise;
    },
  };
}
