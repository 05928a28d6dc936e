import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import { killNow, processesWhere } from "./processes.ts";
import type { AtEnd } from "../systems/process.ts";

/**
 * A line of a bash script at which it waits until the test has it go on, in whatever attempt: nothing else
 * gets into a sandbox, and to sleep for a while is too short on a busy machine and too long on any other.
 */
export function held(atEnd: AtEnd = onTestFinished) {
  const name = `held-${randomUUID()}`;
  const waiting = () => processesWhere((command) => command.startsWith(`${name}\0`));
  return {
    line: `{ (exec -a ${name} sleep 600); } 2>/dev/null || :`,
    waits: () => waiting().length > 0,
    /** Its processes, by the host's own count. */
    pids: waiting,
    release(): void {
      const goOn = () => waiting().forEach(killNow);
      goOn();
      const timer = setInterval(goOn, 100);
      atEnd(() => clearInterval(timer));
    },
  };
}
