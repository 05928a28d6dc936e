import { join } from "node:path";
import type { Job } from "./job.ts";
import { rulesFor } from "../network/destination.ts";
import { startProxy, type Proxy } from "../network/proxy.ts";
import { proxyVariables } from "../network/variables.ts";

const SOCKET = "proxy.sock";

/** A way from inside a sandbox to the network. */
export interface WayOut {
  /** The variables by which programs find it. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Opens the way for a job's commands. Without a sandbox they have the host's own network. */
export async function openWayOut({
  sandbox,
  workspace,
  inside,
  work,
  serverUrl,
  supervisor,
}: Job): Promise<WayOut> {
  if (sandbox.name === "none") return { env: {}, close: async () => {} };
  const proxy: Proxy = await startProxy({
    socket: join(workspace.share, SOCKET),
    uid: workspace.uid,
    ...rulesFor(serverUrl, work.repository.allow_private),
  });
  try {
    const inner = await supervisor.forward(join(inside.share, SOCKET));
    return { env: proxyVariables(`http://127.0.0.1:${inner}`), close: proxy.close };
  } catch (error) {
    await proxy.close();
    throw error;
  }
}
