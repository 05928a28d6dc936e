import type { BlockWork } from "../../protocol/responder.ts";
import { servesRuntime } from "../../protocol/runtimes.ts";
import { collectArtifacts } from "../artifacts/collect.ts";
import { readValue } from "../artifacts/value.ts";
import type { Execution } from "../execution/execution.ts";
import { rulesFor, type DestinationRules } from "../network/destination.ts";
import type { InstalledRuntime } from "../runtimes/runtime.ts";
import type { Ahead } from "../sandbox/ahead.ts";
import { SandboxError } from "../sandbox/result.ts";
import type { PreparedSandbox, Sandbox } from "../sandbox/sandbox.ts";

/** What this machine offers to the blocks of all projects. */
export interface BlockTools {
  readonly ahead: Ahead;
  readonly sandbox: Sandbox;
  readonly runtimes: readonly InstalledRuntime[];
  readonly serverUrl: string;
}

function networkRules({ limits, allow_private }: BlockWork, serverUrl: string): DestinationRules {
  const hosts = Array.isArray(limits.network) ? limits.network : undefined;
  return { hosts, ...rulesFor(serverUrl, allow_private === true) };
}

/** A signed block, in a sandbox whose interpreter is up already. */
export function blockExecution(
  work: BlockWork,
  { ahead, sandbox: sandboxes, runtimes, serverUrl }: BlockTools,
): Execution {
  let sandbox: PreparedSandbox | undefined;
  const prepared = () => {
    if (sandbox === undefined) throw new Error("prepare comes first");
    return sandbox;
  };
  return {
    limits: work.limits,
    async prepare() {
      const installed = runtimes.find(({ runtime, version }) =>
        servesRuntime({ name: runtime.name, version }, work.runtime),
      );
      if (installed === undefined) throw new SandboxError(`${work.runtime} is not on this machine`);
      // Sandboxes started ahead have no network, and a network is opened for one block's rules.
      sandbox = work.limits.network
        ? await sandboxes.prepare(installed, networkRules(work, serverUrl))
        : await ahead.take(installed.runtime.name);
    },
    run: (output, signal) => prepared().run(work, output.write, signal),
    async collect(signal) {
      const { folder } = prepared();
      const room = { bytes: work.limits.artifacts_mb * 2 ** 20 };
      const value = await readValue(folder);
      return { ...(await collectArtifacts(folder, room, [], signal)), value };
    },
    discard: async () => sandbox?.discard(),
  };
}
