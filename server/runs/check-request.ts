import { areStored } from "../../protocol/block-files.ts";
import type { BlockClaims, Inputs } from "../../protocol/claims.ts";
import { effectiveLimits, LIMIT_CEILINGS, type EffectiveLimits } from "../../protocol/limits.ts";
import { allowedNetwork, type BlockNetwork } from "../../protocol/network.ts";
import type { BlockWork } from "../../protocol/responder.ts";
import { RUNTIME_FACTS, RUNTIMES, parseRuntime } from "../../protocol/runtimes.ts";
import type { RequestParts, RunRequest } from "../../protocol/requests.ts";
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
import { sha256 } from "../database/ids.ts";
import type { StoredBlockWork } from "../database/tables/runs.ts";
import { blockTitle } from "../projects/blocks/block-title.ts";
import type { CheckedBlock } from "../projects/blocks/registered-block.ts";
import type { RegisteredBlocks } from "../projects/blocks/store.ts";

/** A request whose block has passed every check. */
export interface CheckedRequest {
  claims: BlockClaims;
  work: StoredBlockWork;
  /** The block as its author signed it, for the register; absent where a reader changed the code. */
  block?: CheckedBlock;
  /** What lists call it. */
  title: string;
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
  blocks: Pick<RegisteredBlocks, "partsOf" | "isPublished" | "keep" | "countRequest">;
}

export interface CheckOptions extends VerifyOptions {
  registry: RunRegistry;
}

/** Checks signature, code, inputs, runtime and network. Throws `ApiError`. */
export async function checkRequest(
  request: RunRequest,
  options: CheckOptions,
): Promise<CheckedRequest> {
  const { registry } = options;
  const { claims, digest: blockDigest } = await verifyToken(request.block, options);
  const executable = verifyCode(claims, request.code);
  const sent = await addRegistered(claims, request, () => registry.blocks.partsOf(blockDigest));
  const parts = verifyParts(claims, sent, executable.code);
  const files = verifyFiles(claims, sent);
  const stored = areStored(claims.files) ? claims.files : undefined;
  if (stored && !(await registry.blocks.isPublished(blockDigest))) {
    throw new ApiError("file_missing", "The server keeps its files while it is published.");
  }
  const inputs = resolveInputs(claims.inputs, request.inputs);
  checkRuntime(claims);
  const limits = await limitsOf(claims, options);
  const title = blockTitle(claims, executable.code);
  const facts = { blockDigest, codeDigest: executable.digest, inputs, claims, limits };
  return {
    claims,
    work: {
      kind: "block",
      runtime: claims.runtime,
      code: executable.code,
      parts: parts.length === 0 ? undefined : parts,
      files,
      stored_files: stored,
      inputs,
      passed_as: passedAs(claims.inputs),
      value: claims.value,
      limits,
      show: claims.show,
    },
    ...(!executable.edited && {
      block: {
        project: claims.iss,
        digest: blockDigest,
        token: request.block,
        code: executable.code,
        parts: { before: sent.before, setup: sent.setup, files },
        title,
        runtime: claims.runtime,
      },
    }),
    title,
    blockDigest,
    codeDigest: executable.digest,
    inputsDigest: digestOf(inputs),
    runKey: executable.edited ? null : runKeyOf(facts),
    fresh: request.fresh,
  };
}

/** The parts of the request, with those that it lacks from the published block. They are verified after this. */
async function addRegistered(
  claims: BlockClaims,
  { before, setup, files }: RequestParts,
  find: () => Promise<RequestParts | undefined>,
): Promise<RequestParts> {
  const lacksFile = Object.keys(claims.files ?? {}).some(
    (path) => !Object.hasOwn(files ?? {}, path),
  );
  const lacksCode =
    (claims.setup !== undefined && setup === undefined) ||
    (before ?? []).length < (claims.after ?? []).length;
  const known = lacksFile || lacksCode ? await find() : undefined;
  if (!known) return { before, setup, files };
  return {
    before: (before ?? []).length < (claims.after ?? []).length ? known.before : before,
    setup: setup ?? known.setup,
    files: { ...known.files, ...files },
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
