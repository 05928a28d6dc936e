import { existsSync } from "node:fs";
import { RUNTIME_FACTS, servesRuntime } from "../../protocol/runtimes.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import { PACKAGES } from "../../protocol/debian-packages.ts";
import type { ProjectFile } from "../project-file/project-file.ts";
import type { Service } from "../services/service.ts";
import { SERVICES } from "../services/start.ts";
import { programEnvironment } from "./environment.ts";
import type { Job } from "./job.ts";

/** A service with the folder of its programs, which are installed where the machine is one of ours. */
export async function provideService(
  { name, version }: ProjectFile["services"][number],
  job: Job,
): Promise<{ service: Service; programs: string }> {
  const { steps, packages, supervisor } = job;
  const service = SERVICES[name];
  let programs = service.find(version);
  if (programs === undefined && packages !== undefined) {
    await steps.step("service", `Install ${service.title}`, () =>
      packages.install(name, supervisor.signal),
    );
    programs = service.find(version);
  }
  if (programs !== undefined) {
    if (version !== undefined) await checkVersion(service, programs, version, job);
    return { service, programs };
  }
  throw new CommandRefusal(
    "service_failed",
    `${service.title} is not installed on this machine: apt-get install ${PACKAGES[name].join(" ")}`,
  );
}

async function checkVersion(
  service: Service,
  programs: string,
  wanted: string,
  { supervisor, inside }: Job,
): Promise<void> {
  const argv = service.version(programs);
  const env = programEnvironment(inside.home);
  const { output } = await supervisor.ask({ argv, cwd: inside.work, env });
  const [there = "none that it tells"] = /\d+(\.\d+)*/.exec(output) ?? [];
  if (`${there}.`.startsWith(`${wanted}.`)) return;
  throw new CommandRefusal(
    "file_invalid",
    `The .deferred-server asks for ${service.name}@${wanted}, and this machine has ${there}.`,
  );
}

/** Has the runtimes that a file names on this machine, in the versions that it names. */
export async function provideRuntimes(
  wanted: ProjectFile["runtimes"],
  { steps, packages, runtimes, supervisor }: Job,
): Promise<void> {
  for (const { name, version } of wanted) {
    const { places, project } = RUNTIME_FACTS[name];
    const needed = project ? [project.present] : places;
    if (packages && PACKAGES[name].length > 0 && !needed.some((path) => existsSync(path))) {
      await steps.step("service", `Install ${name}`, () =>
        packages.install(name, supervisor.signal),
      );
    }
    const asked = version === undefined ? name : `${name}@${version}`;
    const installed = await runtimes();
    if (installed.some((found) => servesRuntime(found, asked))) continue;
    const there = installed.find((found) => found.name === name);
    const detail = there
      ? `The .deferred-server asks for ${asked}, and this machine has ${there.version}.`
      : `${name} is not installed on this machine: apt-get install ${PACKAGES[name].join(" ") || name}`;
    throw new CommandRefusal("file_invalid", detail);
  }
}
