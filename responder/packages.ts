import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { CommandRefusal } from "./checkout/refusal.ts";

/** What Debian calls the packages of what a project may ask for. `set-up.py` has the same list. */
export const PACKAGES = {
  postgresql: "postgresql",
  redis: "redis-server",
  mysql: "mariadb-server",
  memcached: "memcached",
  python: "python3 python3-venv python3-pip",
  node: "npm",
  ruby: "ruby-full bundler build-essential",
  git: "git openssh-client",
  "git-lfs": "git-lfs",
  ctags: "universal-ctags",
} as const;
export type PackageName = keyof typeof PACKAGES;

/** Installs packages on a machine of ours. */
export interface Packages {
  /** Throws `CommandRefusal` where it does not come about. */
  install(name: PackageName): Promise<void>;
}

const HELPER = "/etc/systemd/system/deferred-packages.path";
const WAIT_MS = 10 * 60_000;
const LOOK_MS = 100;

const OutcomeSchema = v.object({ name: v.string(), error: v.nullable(v.string()) });

/**
 * The responder may not change the system, so it leaves what it wants in a file of its folder, which a unit of
 * root's waits for: see `set-up.py`. Undefined where there is no such unit.
 */
export function packagesHelper(state: string, helper: string = HELPER): Packages | undefined {
  if (!existsSync(helper)) return undefined;
  const wanted = join(state, "packages.wanted");
  const done = join(state, "packages.done");
  let last: Promise<void> = Promise.resolve();

  const install = async (name: PackageName): Promise<void> => {
    rmSync(done, { force: true });
    writeFileSync(`${wanted}.new`, name);
    renameSync(`${wanted}.new`, wanted);
    for (const end = performance.now() + WAIT_MS; !existsSync(done); await sleep(LOOK_MS)) {
      if (performance.now() < end) continue;
      rmSync(wanted, { force: true });
      throw failed(name, "it took more than ten minutes");
    }
    const parsed = v.safeParse(OutcomeSchema, JSON.parse(readFileSync(done, "utf8")));
    if (!parsed.success || parsed.output.name !== name)
      throw failed(name, "its outcome is unknown");
    if (parsed.output.error !== null) throw failed(name, parsed.output.error);
  };
  return {
    install(name) {
      // One at a time, as with the package manager itself.
      const turn = last.then(() => install(name));
      last = turn.catch(() => {});
      return turn;
    },
  };
}

function failed(name: PackageName, why: string): CommandRefusal {
  return new CommandRefusal("service_failed", `${name} could not be installed: ${why}`);
}
