import { toJson } from "../database/json.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { canonicalJson } from "../../blocks/canonical-json.ts";
import type { Trx } from "../database/database.ts";
import { sha256 } from "../database/ids.ts";
import { prepared } from "../database/prepared.ts";
import { findRepeated, rememberRequest, type Submitted } from "./idempotency.ts";
import { insertRun } from "./new-run.ts";
import type { RunRow } from "./record.ts";
import { findInFlight, findSucceeded, isCurrent } from "./shared-runs.ts";
import type { CheckedRequest } from "./check-request.ts";

/** The pool of all projects' blocks. */
export const SHARED_POOL = "shared";

/** Checks that a run may be made; throws where it may not. */
export type Admit = (
  trx: Trx,
  run: { project: string; pool: string; blockDigest: string },
) => Promise<void>;

/** Checks that one more run may wait for machines of a pool; throws where it may not. */
export type CheckQueue = (trx: Trx, run: { project: string; pool: string }) => Promise<void>;

/** Finds the run that answers `request`, or makes one, in a transaction. */
export async function submit(
  trx: Trx,
  request: CheckedRequest,
  idempotencyKey: string | undefined,
  now: number,
  admit?: Admit,
): Promise<Submitted> {
  const scope = idempotencyKey && sha256(canonicalJson([request.blockDigest, idempotencyKey]));
  const { codeDigest, inputsDigest, fresh = false } = request;
  const body = sha256(canonicalJson([codeDigest, inputsDigest, fresh]));
  const last = await lastOf(trx, request, now);
  if (scope) {
    const repeated = await findRepeated(trx, { scope, body }, now);
    if (repeated) return { ...repeated, stored: repeated.caller ? last : repeated.run };
  }
  const submitted: Submitted =
    last && answers(last, request, now)
      ? { run: last, created: false, shared: "stored", stored: last }
      : { ...(await joinOrMake(trx, request, now, admit)), stored: last };
  if (scope) await rememberRequest(trx, { scope, body }, submitted, now);
  return submitted;
}

/**
 * The existing run that answers an automatic request. Its sender does not become a caller, so it keeps no
 * run alive. Throws `run_unasked`.
 */
export async function share(
  trx: Trx,
  request: CheckedRequest,
  header: string,
  now: number,
): Promise<Submitted> {
  const last = await lastOf(trx, request, now);
  const run = last && answers(last, request, now) ? last : await inFlight(trx, request);
  if (!run) throw new ApiError("run_unasked", `Its ${header} says so.`);
  return { run, created: false, shared: run === last ? "stored" : "in_flight", stored: last };
}

async function lastOf(trx: Trx, { runKey }: CheckedRequest, now: number) {
  return runKey === null ? undefined : findSucceeded(trx, runKey, now);
}

async function inFlight(trx: Trx, { runKey }: CheckedRequest) {
  return runKey === null ? undefined : findInFlight(trx, runKey);
}

function answers(last: RunRow, { claims, fresh }: CheckedRequest, now: number): boolean {
  return !fresh && isCurrent(last, claims.cache_s!, now);
}

async function joinOrMake(
  trx: Trx,
  request: CheckedRequest,
  now: number,
  admit: Admit | undefined,
): Promise<Submitted> {
  const run = await inFlight(trx, request);
  if (!run) return newRun(trx, request, now, admit);
  return { run, caller: await addCaller(trx, run.id), created: false, shared: "in_flight" };
}

async function newRun(
  trx: Trx,
  request: CheckedRequest,
  now: number,
  admit: Admit | undefined,
): Promise<Submitted> {
  const { blockDigest, claims } = request;
  await admit?.(trx, { project: claims.iss, pool: SHARED_POOL, blockDigest });
  const facts = {
    kind: "block",
    project: request.claims.iss,
    pool: SHARED_POOL,
    work: toJson(request.work),
    block_digest: request.blockDigest,
    code_digest: request.codeDigest,
    inputs_digest: request.inputsDigest,
    run_key: request.runKey,
    runtime: request.claims.runtime,
    trigger: "reader",
    title: request.title,
    repeatable: request.claims.retry === "never" ? 0 : 1,
  } as const;
  const run = await insertRun(trx, facts, now);
  await insertCaller(trx, { run: run.id, caller: FIRST_CALLER });
  return { run, caller: FIRST_CALLER, created: true };
}

const FIRST_CALLER = 1;

async function addCaller(trx: Trx, run: string): Promise<number> {
  const [last] = await lastCaller(trx, { run });
  const caller = (last?.caller ?? 0) + 1;
  await insertCaller(trx, { run, caller });
  return caller;
}

const lastCaller = prepared((queries, { run }: { run: string }) =>
  queries
    .selectFrom("callers")
    .select((select) => select.fn.max("caller").as("caller"))
    .where("run", "=", run),
);

const insertCaller = prepared((queries, of: { run: string; caller: number }) =>
  queries.insertInto("callers").values({ ...of, left_at: null }),
);
