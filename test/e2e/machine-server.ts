import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { InferOutput } from "valibot";
import type {
  LaunchFile,
  ProgressRequestSchema,
  RegisterRequest,
} from "../../protocol/registration.ts";
import type { RuntimeName } from "../../protocol/runtimes.ts";
import type { MachineFiles } from "../../server/providers/cloud-init/files.ts";
import { machineRoutes } from "../../server/providers/cloud-init/routes.ts";
import { userData } from "../../server/providers/cloud-init/user-data.ts";
import { eventually } from "../eventually.ts";
import { removeMachineFolder } from "../services/blank-machine/disk.ts";
import { newMachineFolder } from "../services/blank-machine/leftovers.ts";
import { machineIn } from "../services/blank-machine/machine.ts";
import { kernelMachineIn } from "../services/blank-machine/user-mode.ts";
import { startMetadata } from "../services/metadata.ts";
import { filesForMachines } from "./machine-files.ts";
import { bodyOf, startIntercepted, type SystemOptions } from "../systems/in-process.ts";
import type { AtEnd } from "../systems/process.ts";

export type Progress = InferOutput<typeof ProgressRequestSchema>;

/** Changes what the server answers to a machine; undefined: it answers as it does. */
export type Fault = (path: string, request: Request) => Promise<Response | undefined>;

export interface MachineServerOptions extends Pick<SystemOptions, "env"> {
  /** Of a test that runs beside others: its own. */
  atEnd?: AtEnd;
  /** What it gives machines. */
  files?: MachineFiles;
}

/**
 * A real server whose launches are left to the test: what compute would start does nothing, and the test
 * boots machines for them.
 */
export async function startMachineServer({
  files = filesForMachines(),
  ...options
}: MachineServerOptions = {}) {
  const served = machineRoutes(files, "DEFERRED_EC2_NODE_URL");
  const progress: Progress[] = [];
  const registered: RegisterRequest[] = [];
  let fault: Fault = async () => undefined;
  const server = await startIntercepted(
    async (request, passOn) => {
      const path = new URL(request.url).pathname;
      const failed = await fault(path, request);
      if (failed) return failed;
      if (path.startsWith("/v1/machine/")) return served.fetch(request);
      if (path.endsWith("/progress")) progress.push(await bodyOf<Progress>(request));
      if (path.endsWith("/register")) registered.push(await bodyOf<RegisterRequest>(request));
      return passOn(request);
    },
    {
      responder: {
        command: "setpriv",
        args: ["--pdeathsig", "KILL", "sh", "-c", "exec sleep 1000000"],
      },
      // User-mode Linux takes minutes on a busy host.
      times: { policy: { bootMs: 300_000 } },
      ...options,
    },
  );

  return {
    ...server,
    /** What it gives machines. */
    files,
    /** Reads the manifest of downloads for this host's architecture. */
    manifest: async () => (await files.manifest(process.arch))!,
    /** Boot progress and registrations that machines sent. */
    progress,
    registered,
    steps: () =>
      progress.flatMap(({ step }) => (step ? [`${step.number}/${step.of} ${step.name}`] : [])),

    letFail(how: Fault): void {
      fault = how;
    },

    /** The launch that a run made the server ask for. */
    launched: (): Promise<LaunchFile> =>
      eventually(async () => {
        const [name] = await readdir(server.machines).catch(() => []);
        const file = join(server.machines, name ?? "", "launch.json");
        const text = name && (await readFile(file, "utf8").catch(() => ""));
        return text ? (JSON.parse(text) as LaunchFile) : undefined;
      }),
  };
}

export type MachineServer = Awaited<ReturnType<typeof startMachineServer>>;

/** A machine that was launched for a run, in a folder that goes with the test. */
export async function launchMachine(
  server: MachineServer,
  options: {
    of?: string;
    runtimes?: RuntimeName[];
    launch?: Partial<LaunchFile>;
    /** Whether it has a kernel of its own instead of the host's. */
    ownKernel?: boolean;
    atEnd?: AtEnd;
  } = {},
) {
  const { runtimes = ["bash", "python"], atEnd = onTestFinished } = options;
  const folder = newMachineFolder();
  const launchFile = { ...(await server.launched()), ...options.launch };
  const metadata = await startMetadata({
    instanceId: "i-0123456789abcdef0",
    userData: userData({ launchFile, runtimes }),
  });
  const disk = { metadataUrl: metadata.url, of: options.of };
  const machine = options.ownKernel
    ? kernelMachineIn(folder, { ...disk, urls: [server.url] })
    : machineIn(folder, disk);
  atEnd(async ({ task }) => {
    await machine.kill();
    if (task.result?.state === "fail") console.log(machine.journal().slice(-6000));
    await metadata.close();
    removeMachineFolder(folder);
  });
  return { ...machine, launchFile, folder, metadata };
}
