import type { BlockClaims, Inputs } from "../../protocol/claims.ts";
import { effectiveLimits } from "../../protocol/limits.ts";
import type { Work } from "../../protocol/responder.ts";
import { END_STATES } from "../../protocol/run.ts";
import { RUNTIMES, parseRuntime } from "../../protocol/runtimes.ts";
import type { RunRequest } from "../../protocol/requests.ts";
import { BlockError } from "../blocks/block-error.ts";
import { canonicalJson } from "../blocks/canonical-json.ts";
import { resolveInputs } from "../blocks/inputs.ts";
import { verifyCode, verifyToken, type VerifyOptions } from "../blocks/verify.ts";
import type { Trx } from "../database/database.ts";
import { newId, sha256 } from "../ids.ts";
import { ProblemError } from "../problem.ts";
import type { RunRow } from "./record.ts";

/** The pool in which blocks of every project run. */
export const SHARED_POOL = "shared";
const MAX_ATTEMPTS = 3;
/** Stands for the caller of a request that a stored result answered. Others count from 1. */
const NOBODY = 0;
const IDEMPOTENCY_KEPT_MS = 24 * 60 * 60 * 1000;

/** A request that may become a run: everything about its block has been checked. */
export interface CheckedRequest {
  claims: BlockClaims;
  work: Work;
  blockDigest: string;
  codeDigest: string;
  inputsDigest: string;
  /** Set where the block lets requests share a run and its result. */
  runKey: string | null;
}

/** Checks signature, code, inputs and runtime. Throws `BlockError`. */
export async function checkRequest(
  request: RunRequest,
  options: VerifyOptions,
): Promise<CheckedRequest> {
  const { claims } = await verifyToken(request.block, options);
  const executable = verifyCode(claims, request.code);
  const inputs = resolveInputs(claims.inputs, request.inputs);
  const { name } = parseRuntime(claims.runtime);
  if (!RUNTIMES.some((runtime) => runtime === name)) {
    throw new BlockError(
      "runtime_unknown",
      `It asks for ${name}; there are ${RUNTIMES.join(", ")}.`,
    );
  }
  const limits = effectiveLimits(claims.limits);
  const blockDigest = sha256(request.block);
  const shareable = claims.cache_s !== undefined && !executable.edited;
  return {
    claims,
    work: { kind: "block", runtime: claims.runtime, code: executable.code, inputs, limits },
    blockDigest,
    codeDigest: executable.digest,
    inputsDigest: digestOf(inputs),
    runKey: shareable
      ? sha256(canonicalJson([blockDigest, executable.digest, inputs, claims.runtime, limits]))
      : null,
  };
}

function digestOf(inputs: Inputs): string {
  return sha256(canonicalJson(inputs));
}

/** Who asked for a run: each request is a caller, and a run without callers is canceled. */
export interface Submitted {
  run: RunRow;
  /** Absent where a stored result answers: there is nothing left to cancel. */
  caller?: number | undefined;
  /** True where the run was made by this request. */
  created: boolean;
}

/** Finds the run that answers `request`, or makes one, in a transaction. */
export async function submit(
  trx: Trx,
  request: CheckedRequest,
  idempotencyKey: string | undefined,
  now: number,
): Promise<Submitted> {
  const scope = idempotencyKey && sha256(canonicalJson([request.blockDigest, idempotencyKey]));
  const body = sha256(canonicalJson([request.codeDigest, request.inputsDigest]));
  if (scope) {
    const repeated = await findRepeated(trx, scope, body, now);
    if (repeated) return repeated;
  }
  const submitted = (await findShared(trx, request, now)) ?? (await insertRun(trx, request, now));
  if (scope) {
    const caller = submitted.caller ?? NOBODY;
    await trx
      .insertInto("idempotency")
      .values({ scope, body, run: submitted.run.id, caller, created_at: now })
      .onConflict((conflict) =>
        conflict.column("scope").doUpdateSet((row) => ({
          body: row.ref("excluded.body"),
          run: row.ref("excluded.run"),
          caller: row.ref("excluded.caller"),
          created_at: row.ref("excluded.created_at"),
        })),
      )
      .execute();
  }
  return submitted;
}

/** The run an earlier request with the same key made. */
async function findRepeated(
  trx: Trx,
  scope: string,
  body: string,
  now: number,
): Promise<Submitted | undefined> {
  const earlier = await trx
    .selectFrom("idempotency")
    .selectAll()
    .where("scope", "=", scope)
    .where("created_at", ">", now - IDEMPOTENCY_KEPT_MS)
    .executeTakeFirst();
  if (!earlier) return undefined;
  if (earlier.body !== body) throw new ProblemError("idempotency_key_reused");
  const run = await trx
    .selectFrom("runs")
    .selectAll()
    .where("id", "=", earlier.run)
    .executeTakeFirstOrThrow();
  const caller = earlier.caller === NOBODY ? undefined : earlier.caller;
  return { run, caller, created: false };
}

/** A run of the same key that is in flight, or succeeded within the block's `cache_s`. */
async function findShared(
  trx: Trx,
  request: CheckedRequest,
  now: number,
): Promise<Submitted | undefined> {
  if (request.runKey === null) return undefined;
  const run = await trx
    .selectFrom("runs")
    .selectAll()
    .where("run_key", "=", request.runKey)
    .where((where) =>
      where.or([
        where("state", "not in", END_STATES),
        where.and([
          where("state", "=", "succeeded"),
          where("ended_at", ">", now - request.claims.cache_s! * 1000),
        ]),
      ]),
    )
    .orderBy("created_at", "desc")
    .executeTakeFirst();
  if (!run) return undefined;
  if (run.state === "succeeded") return { run, created: false };
  return { run, caller: await insertCaller(trx, run.id), created: false };
}

async function insertRun(trx: Trx, request: CheckedRequest, now: number): Promise<Submitted> {
  const run: RunRow = {
    id: newId(),
    project: request.claims.iss,
    pool: SHARED_POOL,
    state: "queued",
    work: JSON.stringify(request.work),
    block_digest: request.blockDigest,
    code_digest: request.codeDigest,
    inputs_digest: request.inputsDigest,
    run_key: request.runKey,
    runtime: request.claims.runtime,
    attempt: 0,
    max_attempts: MAX_ATTEMPTS,
    repeatable: request.claims.retry === "never" ? 0 : 1,
    created_at: now,
    available_at: now,
    machine: null,
    lease_until: null,
    started_at: null,
    last_batch: 0,
    last_event: 1,
    ended_at: null,
    ending: null,
    result_written: 0,
    kind: "block",
    trigger: null,
    title: null,
    ref: null,
    lane: null,
    lane_number: null,
    noticed: null,
  };
  await trx.insertInto("runs").values(run).execute();
  await trx
    .insertInto("events")
    .values({ run: run.id, id: 1, at: now, attempt: 0, body: JSON.stringify({ type: "queued" }) })
    .execute();
  return { run, caller: await insertCaller(trx, run.id), created: true };
}

async function insertCaller(trx: Trx, run: string): Promise<number> {
  const last = await trx
    .selectFrom("callers")
    .select((select) => select.fn.max("caller").as("caller"))
    .where("run", "=", run)
    .executeTakeFirst();
  const caller = (last?.caller ?? 0) + 1;
  await trx.insertInto("callers").values({ run, caller, left_at: null }).execute();
  return caller;
}
