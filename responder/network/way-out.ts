import { join } from "node:path";
import type { Job } from "../command/job.ts";
import { startProxy, type Proxy } from "./proxy.ts";

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
  place,
  inside,
  work,
  serverUrl,
  supervisor,
}: Job): Promise<WayOut> {
  if (sandbox.name === "none") return { env: {}, close: async () => {} };
  const { hostname: host, port, protocol } = new URL(serverUrl);
  const proxy: Proxy = await startProxy({
    socket: join(place.share, SOCKET),
    uid: place.uid,
    allowPrivate: work.repository.allow_private,
    server: { host, port: Number(port || (protocol === "https:" ? 443 : 80)) },
  });
  try {
    const inner = await supervisor.forward(join(inside.share, SOCKET));
    return { env: variables(`http://127.0.0.1:${inner}`), close: proxy.close };
  } catch (error) {
    await proxy.close();
    throw error;
  }
}

function variables(url: string): Record<string, string> {
  const local = "127.0.0.1,localhost,::1";
  return {
    http_proxy: url,
    https_proxy: url,
    HTTP_PROXY: url,
    HTTPS_PROXY: url,
    no_proxy: local,
    NO_PROXY: local,
    // Node's own fetch and http heed the others only then.
    NODE_USE_ENV_PROXY: "1",
  };
}
