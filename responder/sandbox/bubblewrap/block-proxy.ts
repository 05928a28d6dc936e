import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { EffectiveLimits } from "../../../protocol/limits.ts";
import type { DestinationRules } from "../../network/destination.ts";
import { startProxy } from "../../network/proxy.ts";
import { FORWARDED_PORT, proxyVariables } from "../../network/variables.ts";
import { bundledProgram } from "../../process/bundled-program.ts";
import { certificateMounts, INSIDE } from "./arguments.ts";

const SOCKET = "proxy.sock";
const FORWARDER = "forward.cjs";

const FORWARDER_MB = 64;
const FORWARDER_PROCESSES = 16;

/** The forwarder runs inside the sandbox and does not count against the program. */
export const withForwarder = (limits: EffectiveLimits): EffectiveLimits => ({
  ...limits,
  memory_mb: limits.memory_mb + FORWARDER_MB,
  processes: limits.processes + FORWARDER_PROCESSES,
});

/**
 * Starts the forwarder detached, waits until it listens, and executes the interpreter with its unchanged environment.
 */
const START = `
ready=$( (exec env -i "$1" --max-old-space-size=16 "$2" "$3" "$4" 9>&1 </dev/null >/dev/null 2>&1 3>&- 4>&- &) )
[[ $ready == listening ]] || { echo "the way to the network did not come up" >&2; exit 1; }
shift 4
exec /usr/bin/env -u _ -u SHLVL -u OLDPWD "$@"
`;

/** The way to the network of one block's sandbox. */
export interface BlockProxy {
  readonly mounts: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The command that has the interpreter start with its way open. */
  command(interpreter: readonly string[]): readonly string[];
  close(): Promise<void>;
}

/** Starts the proxy, in a folder below `places` that only the sandbox's user may use. */
export async function openBlockProxy(
  places: string,
  uid: number | undefined,
  rules: DestinationRules,
): Promise<BlockProxy> {
  const folder = mkdtempSync(join(places, "network-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, FORWARDER), bundledProgram(FORWARDER), { mode: 0o644 });
    const proxy = await startProxy({ ...rules, socket: join(folder, SOCKET), uid });
    const socket = `${INSIDE.share}/${SOCKET}`;
    return {
      mounts: [...certificateMounts(), "--ro-bind", folder, INSIDE.share],
      env: proxyVariables(`http://127.0.0.1:${FORWARDED_PORT}`),
      command: (interpreter) => [
        ...["/usr/bin/bash", "-c", START, "network"],
        ...[INSIDE.node, `${INSIDE.share}/${FORWARDER}`, socket, String(FORWARDED_PORT)],
        ...interpreter,
      ],
      async close() {
        await proxy.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
