import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import type { PackageName } from "../../protocol/debian-packages.ts";
import { CommandRefusal } from "../project-file/refusal.ts";

/** Installs packages on a machine of ours. */
export interface Packages {
  /** Throws `CommandRefusal` where it does not come about; where `signal` aborts, its reason. */
  install(name: PackageName, signal: AbortSignal): Promise<void>;
}

const HELPER = "/etc/systemd/system/deferred-packages.path";
const WAIT_MS = 10 * 60_000;
const LOOK_MS = 100;

const OutcomeSchema = v.object({ name: v.string(), error: v.nullable(v.string()) });

/**
 * The responder has no right to install packages: it writes the name to a file in its folder, and a systemd path unit
 * installs it as root, see `set-up/wanted.py`. Undefined where there is no such unit.
 */
export function packagesHelper(state: string, helper: string = HELPER): Packages | undefined {
  if (!existsSync(helper)) return undefined;
  const wanted = join(state, "packages.wanted");
  const done = join(state, "packages.done");
  let last: Promise<void> = Promise.resolve();

  const install = async (name: PackageName, signal: AbortSignal): Promise<void> => {
    rmSync(done, { force: true });
    writeFileSync(`${wanted}.new`, name);
    renameSync(`${wanted}.new`, wanted);
    const end = performance.now() + WAIT_MS;
    for (;;) {
      const outcome = outcomeIn(done);
      // The outcome of an earlier request that was aborted.
      if (outcome !== undefined && outcome.name !== name) rmSync(done, { force: true });
      else if (outcome?.error === null) return;
      else if (outcome !== undefined) throw failed(name, outcome.error);
      if (performance.now() > end) {
        rmSync(wanted, { force: true });
        throw failed(name, "it took more than ten minutes");
      }
      await sleep(LOOK_MS, undefined, { signal });
    }
  };
  return {
    install(name, signal) {
      // One at a time, as with the package manager itself.
      const turn = last.then(() => install(name, signal));
      last = turn.catch(() => {});
      return turn;
    },
  };
}

function outcomeIn(path: string): v.InferOutput<typeof OutcomeSchema> | undefined {
  if (!existsSync(path)) return undefined;
  return v.parse(OutcomeSchema, JSON.parse(readFileSync(path, "utf8")));
}

function failed(name: PackageName, why: string | null): CommandRefusal {
  return new CommandRefusal("service_failed", `${name} could not be installed: ${why}`);
}
