import { createPublicKey, verify } from "node:crypto";
import type { InferOutput } from "valibot";
import { fromJson, toJson } from "../database/json.ts";
import type { ReasonCode } from "../../protocol/reasons.ts";
import { RESPONDER_PROTOCOL } from "../../protocol/responder.ts";
import {
  registrationStatement,
  type ProgressRequestSchema,
  type RegisterAnswer,
  type RegisterRequest,
} from "../../protocol/registration.ts";
import type { Database, Trx } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import { findMachine, runtimesOf, type MachineRow } from "../fleet/machines.ts";
import { kindOfWake, updateWake, type WakeKind } from "../fleet/wakes.ts";
import { hmac, newSecret, sameSecret, sha256 } from "../database/ids.ts";
import { bearer } from "../http/bearer.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Claimant } from "../runs/claimant.ts";
import { attemptsOf, type Leases } from "../runs/leases.ts";

export interface RegistrationDeps {
  database: Database;
  /** Master key: registration tokens are made from it. */
  secret: string;
  /** The URL that responders call. */
  serverUrl: string;
  now: () => number;
  /** Called for a machine that boots again, with the attempts it held before. */
  attemptsLost: Leases["attemptsLost"];
  /** Called with the time from a machine's request to its registration. */
  onWoken?: (kind: WakeKind, seconds: number) => void;
}

/** A caller with a valid token. */
export interface RegisteredMachine extends Claimant {
  state: MachineRow["state"];
}

export type Registration = ReturnType<typeof createRegistration>;

/** The token with which a launch registers; the same for every retry of the launch. */
export function registrationToken(secret: string, launchId: string): string {
  return hmac(secret, "launch", launchId);
}

/** Identifies machines: a launch is bound to the first key that registers for it. */
export function createRegistration({ database, secret, serverUrl, ...deps }: RegistrationDeps) {
  /** The machine of a launch. Throws `registration_refused` unless the token is the launch's own. */
  async function launched(of: {
    launch_id: string;
    registration_token: string;
  }): Promise<MachineRow> {
    const expected = registrationToken(secret, of.launch_id);
    if (!sameSecret(of.registration_token, expected)) throw new ApiError("registration_refused");
    const machine = await findMachine(database.queries, of.launch_id);
    if (!machine || machine.state === "gone") throw new ApiError("registration_refused");
    return machine;
  }

  /** Refuses a machine that is no longer wanted. */
  function refuseUnwanted({ state }: MachineRow): void {
    if (state === "leaving" || state === "stopped") throw new ApiError("machine_leaving");
  }

  /** What machines said of themselves when they got their tokens, by the tokens' hashes. */
  const hosts = new Map<string, Host>();

  async function hostOf(tokenHash: string): Promise<Host> {
    const known = hosts.get(tokenHash);
    if (known) return known;
    const machine = await database.queries
      .selectFrom("machines")
      .selectAll()
      .where("token_hash", "=", tokenHash)
      .executeTakeFirst();
    if (!machine) throw new ApiError("responder_token_wrong");
    const host = { runtimes: runtimesOf(machine), memoryMb: hostMemoryOf(machine) };
    if (hosts.size >= HOSTS) hosts.clear();
    hosts.set(tokenHash, host);
    return host;
  }

  return {
    async progress(request: InferOutput<typeof ProgressRequestSchema>): Promise<{
      launchId: string;
      phase: string;
      step: MachineRow["step"];
      failure: { reason: ReasonCode; detail: string } | undefined;
    }> {
      const machine = await launched(request);
      refuseUnwanted(machine);
      return {
        launchId: machine.launch_id,
        phase: request.phase,
        step: request.step ? toJson(request.step) : null,
        failure:
          request.failed === undefined
            ? undefined
            : { reason: request.failed_reason, detail: request.failed },
      };
    },

    /** Binds the launch to the caller's key and voids tokens and leases of earlier boots. */
    async register(request: RegisterRequest): Promise<RegisterAnswer> {
      if (request.protocol !== RESPONDER_PROTOCOL) {
        throw new ApiError("protocol_version_wrong", `This server speaks ${RESPONDER_PROTOCOL}.`);
      }
      const machine = await launched(request);
      if (!holdsKey(request, serverUrl)) {
        throw new ApiError("registration_refused", "The proof is not by the key it names.");
      }
      refuseUnwanted(machine);
      // A machine that is started again registers with another boot id.
      if (machine.state === "launching" && machine.boot_id === request.boot_id) {
        throw new ApiError("machine_leaving");
      }
      const token = newSecret();
      const now = deps.now();
      const registeredAt = machine.registered_at ?? now;
      const binding = { machine, request, registeredAt, tokenHash: sha256(token), now };
      const lost = await database.write(async (trx) => {
        if (!(await bindLaunch(trx, binding))) return undefined;
        await updateWake(trx, machine.launch_id, { registered_at: registeredAt });
        return attemptsOf(trx, machine.launch_id);
      });
      if (!lost) {
        refuseUnwanted(await launched(request));
        throw new ApiError("registration_refused", "The launch is bound to another key.");
      }
      if (machine.registered_at === null) {
        const kind = await kindOfWake(database.queries, machine.launch_id);
        deps.onWoken?.(kind, Math.max(0, now - machine.requested_at) / 1000);
      }
      // The token of an earlier boot is void by now, so it can't claim these runs again.
      if (machine.boot_id !== null) {
        await deps.attemptsLost(machine.launch_id, lost, "machine_gone");
      }
      return { responder_id: machine.launch_id, token };
    },

    /** The machine of a token. Throws `responder_token_missing` or `responder_token_wrong`. */
    async authenticate(authorization: string | undefined): Promise<RegisteredMachine> {
      const token = bearer(authorization);
      if (token === undefined) throw new ApiError("responder_token_missing");
      const tokenHash = sha256(token);
      const [machine] = await machineOfToken(database.queries, { tokenHash });
      if (!machine) throw new ApiError("responder_token_wrong");
      const { launch_id: launchId, pool, state } = machine;
      return { launchId, tokenHash, pool, state, ...(await hostOf(tokenHash)) };
    },
  };
}

const machineOfToken = prepared((queries, { tokenHash }: { tokenHash: string }) =>
  queries
    .selectFrom("machines")
    .select(["launch_id", "pool", "state"])
    .where("token_hash", "=", tokenHash),
);

type Host = Pick<Claimant, "runtimes" | "memoryMb">;
/** Machines whose hosts are remembered. */
const HOSTS = 1000;

interface Binding {
  machine: MachineRow;
  request: RegisterRequest;
  registeredAt: number;
  tokenHash: string;
  now: number;
}

/** Binds the launch to the request's key; false where it is bound to another key or no longer wanted. */
async function bindLaunch(trx: Trx, binding: Binding): Promise<boolean> {
  const { machine, request, registeredAt, tokenHash, now } = binding;
  const { numUpdatedRows } = await trx
    .updateTable("machines")
    .set({
      state: "ready",
      phase: "ready",
      step: null,
      next: null,
      registered_at: registeredAt,
      public_key: request.public_key,
      boot_id: request.boot_id,
      ...(machine.boot_id !== request.boot_id && { claims_from: 0 }),
      token_hash: tokenHash,
      slots: request.slots,
      runtimes: toJson(request.runtimes),
      about: toJson({
        sandbox: request.sandbox,
        host: request.host,
        ...(request.release !== undefined && { release: request.release }),
      }),
      last_seen_at: now,
      idle_since: now,
    })
    .where("launch_id", "=", machine.launch_id)
    .where("state", "in", ["launching", "ready"])
    // The first key wins, also where two arrive at once.
    .where((where) =>
      where.or([where("public_key", "is", null), where("public_key", "=", request.public_key)]),
    )
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

function hostMemoryOf({ about }: MachineRow): number {
  return fromJson(about)?.host.memory_mb ?? 0;
}

/** Whether the caller holds the private half of the key it names. */
function holdsKey(request: RegisterRequest, serverUrl: string): boolean {
  const statement = registrationStatement({ ...request, server_url: serverUrl });
  const key = createPublicKey({
    format: "jwk",
    key: { kty: "OKP", crv: "Ed25519", x: request.public_key },
  });
  return verify(null, Buffer.from(statement), key, Buffer.from(request.proof, "base64url"));
}
