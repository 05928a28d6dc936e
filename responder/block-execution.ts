import type { BlockWork } from "../protocol/responder.ts";
import { servesRuntime } from "../protocol/runtimes.ts";
import { collectArtifacts } from "./artifacts/collect.ts";
import type { Execution } from "./execution.ts";
import type { InstalledRuntime } from "./runtimes/runtime.ts";
import type { Ahead } from "./sandbox/ahead.ts";
import { SandboxError, type PreparedSandbox } from "./sandbox/sandbox.ts";

/** A signed block, in a sandbox whose interpreter is up already. */
export function blockExecution(
  work: BlockWork,
  ahead: Ahead,
  runtimes: readonly InstalledRuntime[],
): Execution {
  let sandbox: PreparedSandbox | undefined;
  const prepared = () => {
    if (sandbox === undefined) throw new Error("prepare comes first");
    return sandbox;
  };
  return {
    outputKb: work.limits.output_kb,
    async prepare() {
      const installed = runtimes.find(({ runtime, version }) =>
        servesRuntime({ name: runtime.name, version }, work.runtime),
      );
      if (installed === undefined) throw new SandboxError(`${work.runtime} is not on this machine`);
      sandbox = await ahead.take(installed.runtime.name);
    },
    run: (output, signal) => prepared().run(work, output.write, signal),
    collect: (signal) => {
      const room = { bytes: work.limits.artifacts_mb * 2 ** 20 };
      return collectArtifacts(prepared().folder, room, [], signal);
    },
    discard: async () => sandbox?.discard(),
  };
}
