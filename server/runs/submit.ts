import { toJson } from "../database/json.ts";
import type { BlockClaims, Inputs } from "../../protocol/claims.ts";
import { effectiveLimits, LIMIT_CEILINGS, type EffectiveLimits } from "../../protocol/limits.ts";
import { allowedNetwork, type BlockNetwork } from "../../protocol/network.ts";
import type { BlockWork, Work } from "../../protocol/responder.ts";
import { RUNTIME_FACTS, RUNTIMES, parseRuntime } from "../../protocol/runtimes.ts";
import type { RunRequest } from "../../protocol/requests.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { canonicalJson } from "../../blocks/canonical-json.ts";
import { resolveInputs } from "../../blocks/inputs.ts";
import { verifyFiles, verifyParts } from "../../blocks/parts.ts";
import {
  verifyCode,
  verifyToken,
  type BlockRegistry,
  type VerifyOptions,
} from "../../blocks/verify.ts";
import type { Trx } from "../database/database.ts";
import { sha256 } from "../database/ids.ts";
import { findRepeated, rememberRequest, type Submitted } from "./idempotency.ts";
import { insertRun } from "./new-run.ts";
import type { RunRow } from "./record.ts";
import { findInFlight, findSucceeded, isCurrent } from "./shared-runs.ts";

/** The pool of all projects' blocks. */
export const SHARED_POOL = "shared";

/** A request whose block has passed every check. */
export interface CheckedRequest {
  claims: BlockClaims;
  work: Work;
  blockDigest: string;
  codeDigest: string;
  inputsDigest: string;
  /** Set where the block lets requests share a run and its result. */
  runKey: string | null;
  /** A stored result must not answer. */
  fresh?: boolean | undefined;
}

/** Reads the projects whose blocks are run. */
export interface RunRegistry extends BlockRegistry {
  /** The hosts that a project lets its blocks reach. */
  blockNetwork(slug: string): Promise<BlockNetwork>;
}

export interface CheckOptions extends VerifyOptions {
  registry: RunRegistry;
}

/** Checks signature, code, inputs, runtime and network. Throws `ApiError`. */
export async function checkRequest(
  request: RunRequest,
  options: CheckOptions,
): Promise<CheckedRequest> {
  const { claims, digest: blockDigest } = await verifyToken(request.block, options);
  const executable = verifyCode(claims, request.code);
  const parts = verifyParts(claims, request, executable.code);
  const files = verifyFiles(claims, request);
  const inputs = resolveInputs(claims.inputs, request.inputs);
  checkRuntime(claims);
  const limits = await limitsOf(claims, options);
  const facts = { blockDigest, codeDigest: executable.digest, inputs, claims, limits };
  return {
    claims,
    work: {
      kind: "block",
      runtime: claims.runtime,
      code: executable.code,
      parts: parts.length === 0 ? undefined : parts,
      files,
      inputs,
      passed_as: passedAs(claims.inputs),
      value: claims.value,
      limits,
      show: claims.show,
    },
    blockDigest,
    codeDigest: executable.digest,
    inputsDigest: digestOf(inputs),
    runKey: executable.edited ? null : runKeyOf(facts),
    fresh: request.fresh,
  };
}

function checkRuntime({ runtime, value, after, setup }: BlockClaims): void {
  const { name } = parseRuntime(runtime);
  const known = RUNTIMES.find((one) => one === name);
  if (!known) {
    throw new ApiError("runtime_unknown", `It asks for ${name}; there are ${RUNTIMES.join(", ")}.`);
  }
  if ((after || setup) && RUNTIME_FACTS[known].mark === undefined) {
    throw new ApiError("runtime_unknown", `It builds on other code, which ${name} does not.`);
  }
  if (value === "last" && !RUNTIME_FACTS[known].lastValue) {
    throw new ApiError(
      "runtime_unknown",
      `Its value is the last expression, which ${name} has not.`,
    );
  }
}

/** The inputs that the program does not receive as variables; undefined where there are none. */
function passedAs(specs: BlockClaims["inputs"]): BlockWork["passed_as"] {
  const passed = Object.entries(specs ?? {}).flatMap(([name, { as }]) =>
    as === "stdin" || as === "arg" ? [[name, as] as const] : [],
  );
  return passed.length === 0 ? undefined : Object.fromEntries(passed);
}

/** Returns the run key of the author's own code with the default inputs; null where no result is shared. */
export async function runKeyOfToken(token: string, options: CheckOptions): Promise<string | null> {
  const { claims, digest: blockDigest } = await verifyToken(token, options);
  const inputs = resolveInputs(claims.inputs, {});
  const limits = await limitsOf(claims, options);
  return runKeyOf({ blockDigest, codeDigest: claims.code, inputs, claims, limits });
}

/** Requests with an equal run key share a run in flight, and its result. */
function runKeyOf(facts: {
  blockDigest: string;
  codeDigest: string;
  inputs: Inputs;
  claims: BlockClaims;
  limits: EffectiveLimits;
}): string | null {
  const { blockDigest, codeDigest, inputs, claims, limits } = facts;
  if (claims.cache_s === undefined) return null;
  return sha256(canonicalJson([blockDigest, codeDigest, inputs, claims.runtime, limits]));
}

async function limitsOf(
  { iss, limits }: BlockClaims,
  { registry }: CheckOptions,
): Promise<EffectiveLimits> {
  if (!limits?.network) return effectiveLimits(limits);
  const allowed = allowedNetwork(limits.network, await registry.blockNetwork(iss));
  if ("refused" in allowed) throw new ApiError("network_refused", allowed.refused);
  return effectiveLimits(limits, { ...LIMIT_CEILINGS, ...allowed });
}

function digestOf(inputs: Inputs): string {
  return sha256(canonicalJson(inputs));
}

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
  return { run, caller: await insertCaller(trx, run.id), created: false, shared: "in_flight" };
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
    repeatable: request.claims.retry === "never" ? 0 : 1,
  } as const;
  const run = await insertRun(trx, facts, now);
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
