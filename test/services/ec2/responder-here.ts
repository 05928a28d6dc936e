import { appendFileSync, copyFileSync, existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runResponder } from "../../../responder/agent/respond.ts";
import { jsonLog } from "../../../responder/process/log.ts";
import { launchOf } from "./bare-responder.ts";
import type { Hardware } from "./hardware.ts";

/** The versions of the runtimes, which the first machine asks for. */
const VERSIONS = join(tmpdir(), `runtimes-${process.pid}.json`);

/**
 * Machines that are a responder in this process, with programs in bash and without isolation: one costs 0.05 s of
 * CPU where a process of its own with its sandboxes costs 0.6. They go when they are idle or told to; none is killed.
 */
export function respondersHere(): Hardware {
  return {
    boot(instance) {
      const state = join(instance.folder, "state");
      mkdirSync(state, { recursive: true, mode: 0o700 });
      const versions = join(state, "runtimes.json");
      if (existsSync(VERSIONS) && !existsSync(versions)) copyFileSync(VERSIONS, versions);
      const stop = new AbortController();
      const options = {
        ...{ launch: launchOf(instance), state },
        ...{ sandbox: "none" as const, ahead: ["bash" as const] },
        log: jsonLog((line) => appendFileSync(join(instance.folder, "console.log"), line)),
      };
      const ended = runResponder(options, stop.signal).then(
        () => {
          if (existsSync(versions)) copyFileSync(versions, VERSIONS);
        },
        (error: unknown) => options.log.warn("the responder failed", { error: String(error) }),
      );
      return {
        ended,
        async shutdown() {
          stop.abort();
          await ended;
        },
      };
    },
  };
}
