import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bubblewrap } from "../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { StartError } from "../../responder/process/start-error.ts";
import { CliError } from "../errors/cli-error.ts";

/**
 * Starts one sandbox, as the machines of local compute will: they are this machine, so what does not
 * work now would fail every run. Resolves with the reason why sandboxes take longer to start here, if they do. Throws
 * `CliError`.
 */
export async function trySandbox(): Promise<string | undefined> {
  const state = await mkdtemp(join(tmpdir(), "deferred-sandbox-"));
  let slow: string | undefined;
  const sandbox = bubblewrap(state, { onWithoutLauncher: (why) => (slow = why) });
  try {
    await sandbox.probe();
    return slow;
  } catch (cause) {
    if (!(cause instanceof StartError)) throw cause;
    throw new CliError(cause.message, { hint: cause.hint, cause });
  } finally {
    await sandbox.close();
    await rm(state, { recursive: true, force: true });
  }
}
