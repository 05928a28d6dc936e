import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { CommandRefusal } from "../checkout/refusal.ts";
import type { ServiceName } from "../project-file/project-file.ts";
import type { Supervisor } from "../sandbox/supervisor.ts";
import { memcached } from "./memcached.ts";
import { mysql } from "./mysql.ts";
import { postgresql } from "./postgresql.ts";
import { redis } from "./redis.ts";
import type { Program, Service, ServicePlace } from "./service.ts";

export const SERVICES: Readonly<Record<ServiceName, Service>> = {
  postgresql,
  redis,
  mysql,
  memcached,
};

/** Seconds until a service has to answer. */
const UP_S = 60;
const PING_PAUSE_MS = 20;
const LOG_LINES = 15;

/**
 * Starts a service inside the sandbox and waits until it serves. Throws `CommandRefusal` with the last of what it
 * said where it does not.
 */
export async function startService(
  service: Service,
  programs: string,
  supervisor: Supervisor,
  at: { services: string; env: Readonly<Record<string, string>> },
): Promise<void> {
  const place: ServicePlace = {
    folder: join(at.services, service.name),
    cwd: at.services,
    env: at.env,
  };
  const ask = (argv: Program) => supervisor.ask({ argv, cwd: place.cwd, env: place.env });
  const failed = (what: string, said: string) => {
    const lines = said.trim().split("\n").slice(-LOG_LINES).join("\n");
    return new CommandRefusal("service_failed", `${service.title} ${what}:\n${lines}`);
  };
  for (const argv of [["mkdir", place.folder] as const, ...service.prepare(programs, place)]) {
    const { exitCode, output } = await ask(argv);
    if (exitCode !== 0) throw failed("could not make its data", output);
  }
  const log = join(place.folder, "log");
  const argv = service.start(programs, place);
  const daemon = await supervisor.startDaemon({ argv, cwd: place.cwd, env: place.env, log });
  const end = performance.now() + UP_S * 1000;
  for (;;) {
    const left = end - performance.now();
    if (left <= 0 || !(await supervisor.awaitUp(daemon, service.port, left))) {
      const { output } = await ask(["tail", "-n", String(LOG_LINES), log]);
      throw failed(left <= 0 ? `did not answer within ${UP_S} s` : "ended at its start", output);
    }
    const { exitCode } = await ask(service.ping(programs, place));
    if (exitCode === 0) return;
    await sleep(PING_PAUSE_MS);
  }
}
