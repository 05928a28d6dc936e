import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startProxy, type ProxyOptions } from "../network/proxy.ts";
import { FORWARDED_PORT } from "../network/variables.ts";
import { bundledProgram } from "../process/bundled-program.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import { findBubblewrap } from "../sandbox/bubblewrap/find.ts";

const SOCKET = "proxy.sock";
const FORWARDER = "forward.cjs";

/**
 * A network namespace in which our own proxy is the only way out. A proxy alone would not do: git-lfs connects to
 * loopback addresses without it, and a host's answer chooses the addresses.
 */
export interface ConfinedNetwork {
  /** Address of the proxy inside. */
  readonly proxy: string;
  /** The command that runs `argv` inside. */
  wrap(argv: readonly string[]): string[];
  /** Why the proxy refused a connection last; undefined: it refused none. */
  refusal(): string | undefined;
  close(): Promise<void>;
}

/** For tests: how names are looked up and addresses connected to. */
export type NetworkSeams = Pick<ProxyOptions, "lookUp" | "dial">;

/** `folder`: private to the responder. Only public addresses are reached, and only by https. */
export async function openConfinedNetwork(
  folder: string,
  seams: NetworkSeams = {},
): Promise<ConfinedNetwork> {
  const bwrap = findBubblewrap();
  if (bwrap === undefined) {
    throw new CommandRefusal(
      "checkout_failed",
      "The repository's large files are fetched in a network of their own, which needs bubblewrap: have the machine's operator install it (apt-get install bubblewrap), or set the project to do without.",
    );
  }
  const forwarder = join(folder, FORWARDER);
  await writeFile(forwarder, bundledProgram(FORWARDER), { mode: 0o600 });
  const socket = join(folder, SOCKET);
  let refusal: string | undefined;
  const proxy = await startProxy({
    ...seams,
    socket,
    uid: undefined,
    allowPrivate: false,
    httpsOnly: true,
    onRefused: (why) => (refusal = why),
  });
  return {
    proxy: `http://127.0.0.1:${FORWARDED_PORT}`,
    wrap: (argv) => [
      ...[bwrap, "--dev-bind", "/", "/", "--unshare-net", "--die-with-parent", "--"],
      ...[process.execPath, forwarder, socket, String(FORWARDED_PORT), ...argv],
    ],
    refusal: () => refusal,
    close: proxy.close,
  };
}
