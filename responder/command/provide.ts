import { servesRuntime } from "../../protocol/runtimes.ts";
import { CommandRefusal } from "../checkout/refusal.ts";
import { PACKAGES } from "../packages.ts";
import type { ProjectFile, ServiceName } from "../project-file/project-file.ts";
import type { Service } from "../services/service.ts";
import { SERVICES } from "../services/start.ts";
import type { Job } from "./job.ts";

/** A service with the folder of its programs, which are installed where the machine is one of ours. */
export async function provideService(
  name: ServiceName,
  { steps, packages }: Job,
): Promise<{ service: Service; programs: string }> {
  const service = SERVICES[name];
  let programs = service.find();
  if (programs === undefined && packages !== undefined) {
    await steps.step("service", `Install ${service.title}`, () => packages.install(name));
    programs = service.find();
  }
  if (programs !== undefined) return { service, programs };
  throw new CommandRefusal(
    "service_failed",
    `${service.title} is not installed on this machine: apt-get install ${PACKAGES[name]}`,
  );
}

/** Has the runtimes that a file names on this machine, in the versions that it names. */
export async function provideRuntimes(
  wanted: ProjectFile["runtimes"],
  { steps, packages, runtimes }: Job,
): Promise<void> {
  for (const one of wanted) {
    const asked = one.version === undefined ? one.name : `${one.name}@${one.version}`;
    let installed = await runtimes();
    const has = () => installed.some((found) => found.name === one.name);
    if (!has() && packages !== undefined) {
      await steps.step("service", `Install ${one.name}`, () => packages.install(one.name));
      installed = await runtimes();
    }
    if (installed.some((found) => servesRuntime(found, asked))) continue;
    const there = installed.find((found) => found.name === one.name);
    throw new CommandRefusal(
      "file_invalid",
      there === undefined
        ? `${one.name} is not installed on this machine: apt-get install ${PACKAGES[one.name]}`
        : `The .deferred-server asks for ${asked}, and this machine has ${there.version}.`,
    );
  }
}
