import { areStored } from "../../protocol/block-files.ts";
import { CLOCK_LEEWAY_S, type BlockClaims } from "../../protocol/claims.ts";
import { ERRORS } from "../../protocol/errors.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { inspectBlock, type UnverifiedBlock } from "../../blocks/inspect.ts";
import { verifyFiles, verifyParts } from "../../blocks/parts.ts";
import { verifyBlockSignature, verifyCode } from "../../blocks/verify.ts";
import { duration } from "../../protocol/words.ts";
import type { FoundBlock } from "../page/source.ts";
import { findBlockKey } from "./block-key.ts";
import type { Check, Verification } from "./finding.ts";

/** Checks a block without running it. A token without its code is checked as far as possible. */
export async function verifyBlock(
  given: FoundBlock,
  keyFile: string | undefined,
): Promise<Verification> {
  const inspected = attempt(() => inspectBlock(given.block));
  if (inspected instanceof ApiError) {
    return { facts: [], checks: [{ name: "token", holds: false, says: errorSentence(inspected) }] };
  }
  return {
    facts: factsOf(inspected),
    checks: [
      await checkSignature(inspected, keyFile),
      ...(given.code === undefined ? [] : [checkCode(inspected.claims, given.code, given.differs)]),
      ...checkPartsOf(inspected.claims, given),
      ...checkTime(inspected.claims, Date.now()),
    ],
  };
}

function factsOf({ claims, header }: UnverifiedBlock): Verification["facts"] {
  const { limits, inputs, origins } = claims;
  const aud = claims.aud === undefined ? "any server that knows the key" : claims.aud;
  const pairs = (values: object) =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${typeof value === "object" ? value.type : value}`)
      .join(" ");
  return [
    ["project", claims.iss],
    ["key", `${header.kid} (${header.alg})`],
    ["server", [aud].flat().join(", ")],
    ["runtime", claims.runtime],
    ["signed", date(claims.iat)],
    ["limits", limits ? pairs(limits) : "the server's defaults"],
    ["inputs", inputs ? pairs(inputs) : "none"],
    ["pages", origins?.join(", ") ?? "any"],
    ["edit", claims.edit ? "readers may change the code" : "no"],
    ["cache", claims.cache_s === undefined ? "never" : duration(claims.cache_s)],
    ...(claims.retry === undefined ? [] : [["retry", claims.retry] satisfies [string, string]]),
    ...(claims.show === undefined ? [] : [["shown as", claims.show] satisfies [string, string]]),
  ];
}

async function checkSignature(block: UnverifiedBlock, keyFile: string | undefined): Promise<Check> {
  const name = "signature";
  const key = await findBlockKey(block, keyFile);
  if (!key.jwk) {
    return key.refused
      ? { name, holds: false, says: key.why }
      : { name, holds: undefined, says: `not checked: ${key.why}` };
  }
  try {
    await verifyBlockSignature(block, key.jwk);
    return { name, holds: true, says: `made by ${key.from}` };
  } catch (error) {
    if (error instanceof ApiError) return { name, holds: false, says: errorSentence(error) };
    throw error;
  }
}

function checkCode(claims: BlockClaims, code: string, differs?: string): Check {
  const name = "code";
  const outcome = attempt(() => verifyCode(claims, code));
  if (outcome instanceof ApiError) {
    // A server's words about a run ("It was not run.") do not fit here.
    const says =
      outcome.code === "code_mismatch"
        ? ["not the code that was signed", ...(differs ? [differs] : [])].join(": ")
        : errorSentence(outcome);
    return { name, holds: false, says };
  }
  if (!outcome.edited) return { name, holds: true, says: "the code that was signed" };
  return {
    name,
    holds: true,
    says: "not the code that was signed, and the block lets readers edit",
  };
}

/** Checks the files and the code that the block builds on, where the source holds code at all. */
export function checkPartsOf(claims: BlockClaims, { code, sent = {} }: FoundBlock): Check[] {
  if (code === undefined) return [];
  const check = (name: string, verify: () => unknown, says: string): Check => {
    const outcome = attempt(verify);
    if (!(outcome instanceof ApiError)) return { name, holds: true, says };
    return { name, holds: false, says: errorSentence(outcome).replace(" It was not run.", "") };
  };
  return [
    ...(claims.files || sent.files
      ? [check("files", () => verifyFiles(claims, sent), signedFiles(claims))]
      : []),
    ...(claims.after || claims.setup || sent.setup !== undefined
      ? [check("builds on", () => verifyParts(claims, sent, code), "the code that was signed")]
      : []),
  ];
}

function signedFiles({ files }: BlockClaims): string {
  return areStored(files) ? "kept by the server that published it" : "the files that were signed";
}

function checkTime({ iat, exp }: BlockClaims, now: number): Check[] {
  const seconds = now / 1000;
  if (iat - CLOCK_LEEWAY_S > seconds) {
    return [{ name: "time", holds: false, says: `signed in the future, ${date(iat)}` }];
  }
  if (exp === undefined) return [];
  const over = exp + CLOCK_LEEWAY_S <= seconds;
  return [{ name: "time", holds: !over, says: `${over ? "expired" : "expires"} ${date(exp)}` }];
}

export function errorSentence(error: ApiError): string {
  const [, title] = ERRORS[error.code];
  return error.detail === undefined ? title : `${title} ${error.detail}`;
}

function date(seconds: number): string {
  const at = new Date(seconds * 1000);
  return Number.isNaN(at.getTime()) ? `${seconds} s` : at.toISOString().replace(/\.\d+Z$/, "Z");
}

/** What `action` returns, or the block's error that it throws. */
function attempt<T>(action: () => T): T | ApiError {
  try {
    return action();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}
