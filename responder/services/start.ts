import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { ServiceName } from "../project-file/project-file.ts";
import type { Supervisor } from "../sandbox/supervisor/supervisor.ts";
import { memcached } from "./memcached.ts";
import { mysql } from "./mysql.ts";
import { postgresql } from "./postgresql.ts";
import { redis } from "./redis.ts";
import type { Service, ServicePlace } from "./service.ts";

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

interface ServiceAt {
  /** Folder of all services' data, as the sandbox sees it. */
  readonly services: string;
  readonly env: Readonly<Record<string, string>>;
  /** Data as new, in an archive inside. */
  readonly template?: string | undefined;
}

/** Makes a service's data, in the folder that it answers. Throws `CommandRefusal`. */
export async function prepareService(
  service: Service,
  programs: string,
  supervisor: Supervisor,
  at: ServiceAt,
): Promise<string> {
  const place = servicePlace(service, at);
  const { folder, cwd, env } = place;
  const made = at.template
    ? [["tar", "-xpf", at.template, "-C", folder] as const]
    : service.prepare(programs, place);
  for (const argv of [["mkdir", folder] as const, ...made]) {
    const { exitCode, output } = await supervisor.ask({ argv, cwd, env });
    if (exitCode !== 0) throw failed(service, "could not make its data", output);
  }
  return folder;
}

/**
 * Starts a service inside the sandbox and waits until it answers. Throws a `CommandRefusal` with the end of its log.
 */
export async function startService(
  service: Service,
  programs: string,
  supervisor: Supervisor,
  at: ServiceAt,
): Promise<void> {
  await prepareService(service, programs, supervisor, at);
  const place = servicePlace(service, at);
  const { folder, cwd, env } = place;
  const log = join(folder, "log");
  const argv = service.start(programs, place);
  const daemon = await supervisor.startDaemon({ argv, cwd, env, log });
  const end = performance.now() + UP_S * 1000;
  for (;;) {
    const left = end - performance.now();
    if (left <= 0 || !(await supervisor.awaitUp(daemon, service.port, left))) {
      const tail = ["tail", "-n", String(LOG_LINES), log] as const;
      const { output } = await supervisor.ask({ argv: tail, cwd, env });
      const what = left <= 0 ? `did not answer within ${UP_S} s` : "ended at its start";
      throw failed(service, what, output);
    }
    const { exitCode } = await supervisor.ask({ argv: service.ping(programs, place), cwd, env });
    if (exitCode === 0) return;
    await sleep(PING_PAUSE_MS);
  }
}

function servicePlace(service: Service, { services, env }: ServiceAt): ServicePlace {
  return { folder: join(services, service.name), cwd: services, env };
}

function failed(service: Service, what: string, said: string): CommandRefusal {
  const lines = said.trim().split("\n").slice(-LOG_LINES).join("\n");
  return new CommandRefusal("service_failed", `${service.title} ${what}:\n${lines}`);
}
