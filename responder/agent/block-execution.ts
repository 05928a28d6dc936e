import { randomUUID } from "node:crypto";
import type { BlockWork } from "../../protocol/responder.ts";
import { servesRuntime } from "../../protocol/runtimes.ts";
import { collectArtifacts } from "../artifacts/collect.ts";
import { readValue } from "../artifacts/value.ts";
import { isWithoutResults } from "../artifacts/without-results.ts";
import type { ServerClient } from "../client/server-client.ts";
import { AfterMark } from "../execution/after-mark.ts";
import type { Execution } from "../execution/execution.ts";
import { rulesFor, type DestinationRules } from "../network/destination.ts";
import type { InstalledRuntime } from "../runtimes/runtime.ts";
import type { Ahead } from "../sandbox/ahead.ts";
import { placeFiles } from "../execution/place-files.ts";
import { SandboxError } from "../sandbox/result.ts";
import type { PreparedSandbox, Sandbox } from "../sandbox/sandbox.ts";

/** This machine's tools for the blocks of all projects. */
export interface BlockTools {
  readonly ahead: Ahead;
  readonly sandbox: Sandbox;
  readonly runtimes: readonly InstalledRuntime[];
  readonly client: ServerClient;
  readonly serverUrl: string;
}

function networkRules({ limits, allow_private }: BlockWork, serverUrl: string): DestinationRules {
  const hosts = Array.isArray(limits.network) ? limits.network : undefined;
  return { hosts, ...rulesFor(serverUrl, allow_private === true) };
}

/** The codes before a block's own, up to the line that writes the mark. Throws `SandboxError`. */
function joinParts(parts: readonly string[], line: string | undefined, mark: string): string {
  if (line === undefined) throw new SandboxError("blocks of this runtime build on none");
  return `${parts.join("")}${line.replaceAll("MARK", mark)}\n`;
}

/** A signed block, in a sandbox whose interpreter is up already. */
export function blockExecution(
  work: BlockWork,
  { ahead, sandbox: sandboxes, runtimes, client, serverUrl }: BlockTools,
): Execution {
  let sandbox: PreparedSandbox | undefined;
  const prepared = () => {
    if (sandbox === undefined) throw new Error("prepare comes first");
    return sandbox;
  };
  return {
    limits: work.limits,
    async prepare(signal) {
      const installed = runtimes.find(({ runtime, version }) =>
        servesRuntime({ name: runtime.name, version }, work.runtime),
      );
      if (installed === undefined) throw new SandboxError(`${work.runtime} is not on this machine`);
      // Sandboxes started ahead have no network, and a network is opened for one block's rules.
      sandbox = work.limits.network
        ? await sandboxes.prepare(installed, networkRules(work, serverUrl))
        : await ahead.take(installed.runtime.name);
      await placeFiles(sandbox, work.stored_files, { client, serverUrl, signal });
    },
    async run(output, signal) {
      const { runtime, run } = prepared();
      if (!work.parts) return run(work, output.write, signal);
      const mark = `deferred-${randomUUID()}`;
      const after = new AfterMark(mark, output.write);
      const code = joinParts(work.parts, runtime.runtime.mark, mark) + work.code;
      try {
        return await run({ ...work, code }, after.write, signal);
      } finally {
        after.end();
      }
    },
    async collect(signal) {
      const { folder } = prepared();
      if (isWithoutResults(folder)) return { artifacts: [], leftOut: 0, value: {}, close() {} };
      const room = { bytes: work.limits.artifacts_mb * 2 ** 20 };
      const value = await readValue(folder);
      return { ...(await collectArtifacts(folder, room, [], signal)), value };
    },
    discard: async () => sandbox?.discard(),
  };
}
