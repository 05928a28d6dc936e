import * as v from "valibot";
import { paths } from "../../protocol/paths.ts";
import { RESPONDER_PROTOCOL } from "../../protocol/responder.ts";
import {
  RegisterAnswerSchema,
  registrationStatement,
  type LaunchFile,
  type RegisterAnswer,
  type RegisterRequest,
} from "../../protocol/registration.ts";
import { describeHost } from "./host.ts";
import type { MachineIdentity } from "./identity.ts";
import { untilAnswered } from "../client/retry.ts";
import { ServerRefusal, type ServerClient } from "../client/server-client.ts";
import { responderRelease } from "../process/release.ts";
import { RESPONDER_EXIT, StartError } from "../process/start-error.ts";

/** What this responder registers with. */
export type Capabilities = Pick<RegisterRequest, "slots" | "runtimes" | "sandbox">;

/** Reports that the machine has booted, or why it failed to. A hint for people who wait: nothing depends on it. */
export async function reportBooting(
  client: ServerClient,
  launch: LaunchFile,
  failure?: { reason: "sandbox_missing" | "taken_back"; detail: string },
): Promise<void> {
  const { launch_id, registration_token } = launch;
  const failed = failure && { failed: failure.detail, failed_reason: failure.reason };
  const body = { launch_id, registration_token, phase: "booting", ...failed };
  await client.post(paths.responder.progress, body, v.unknown(), { timeoutMs: 5_000 });
}

/** Registers this boot, however long the server takes to be there. Throws `StartError` where it refuses. */
export async function register(
  client: ServerClient,
  launch: LaunchFile,
  identity: MachineIdentity,
  bootId: string,
  capabilities: Capabilities,
  signal: AbortSignal,
): Promise<RegisterAnswer> {
  const { server_url, launch_id, registration_token } = launch;
  const public_key = identity.publicKey;
  const release = responderRelease();
  const statement = registrationStatement({ server_url, launch_id, boot_id: bootId, public_key });
  const body: RegisterRequest = {
    launch_id,
    registration_token,
    public_key,
    boot_id: bootId,
    protocol: RESPONDER_PROTOCOL,
    ...(release !== undefined && { release }),
    proof: identity.sign(statement),
    ...capabilities,
    host: describeHost(),
  };
  try {
    return await untilAnswered(
      () => client.post(paths.responder.register, body, RegisterAnswerSchema, { signal }),
      signal,
    );
  } catch (error) {
    if (!(error instanceof ServerRefusal)) throw error;
    const outdated = error.code === "protocol_version_wrong";
    throw new StartError(
      `the server refused to register this machine: ${error.message}`,
      outdated
        ? "install the responder that the server offers"
        : "stop this machine and let the server launch another",
      outdated ? RESPONDER_EXIT.outdated : RESPONDER_EXIT.refused,
      { cause: error },
    );
  }
}
