import * as v from "valibot";
import { BlockClaimsSchema, type BlockClaims, type InputSpec } from "../../protocol/claims.ts";
import type { Limits } from "../../protocol/limits.ts";
import { parseDuration } from "../duration.ts";
import type { Arguments } from "../command.ts";
import { parseInputSpec } from "./input-spec.ts";
import { readLimits } from "./limits.ts";

/** As many as `BlockClaimsSchema` takes. */
const MOST_ORIGINS = 50;

/** What a block may use and when it is good, as its author asks for it. */
export interface Terms {
  inputs: Record<string, InputSpec>;
  limits: Limits;
  origins: string[];
  edit: boolean;
  expiresS?: number | undefined;
  cacheS?: number | undefined;
  retry?: "never" | undefined;
}

export const NO_TERMS: Terms = { inputs: {}, limits: {}, origins: [], edit: false };

/** The terms that the options of `sign` ask for. Throws a usage error. */
export function readTerms(args: Arguments): Terms {
  const terms: Terms = {
    inputs: readInputs(args),
    limits: readLimits(args),
    origins: readOrigins(args),
    edit: args.flag("edit"),
    expiresS: seconds(args, "expires"),
    cacheS: seconds(args, "cache"),
    retry: args.text("retry") === undefined ? undefined : args.choice("retry", ["never"]),
  };
  if (terms.edit && terms.limits.network) {
    throw args.wrong("--edit and --limit network can't be had together");
  }
  return terms;
}

/** The claims of a block. What is not asked for is left out: absent means the default. */
export function claimsOf(
  terms: Terms,
  facts: {
    project: string;
    /** The server that may run it; undefined where the token is not to name one. */
    audience: string | undefined;
    /** The `code` claim. */
    digest: string;
    runtime: string;
    id: string;
    /** Milliseconds since 1970. */
    now: number;
  },
): BlockClaims {
  const issued = Math.floor(facts.now / 1000);
  const { inputs, limits, origins } = terms;
  const claims = {
    iss: facts.project,
    aud: facts.audience,
    iat: issued,
    exp: terms.expiresS === undefined ? undefined : issued + terms.expiresS,
    jti: facts.id,
    code: facts.digest,
    runtime: facts.runtime,
    inputs: Object.keys(inputs).length === 0 ? undefined : inputs,
    edit: terms.edit || undefined,
    limits: Object.keys(limits).length === 0 ? undefined : limits,
    cache_s: terms.cacheS,
    origins: origins.length === 0 ? undefined : origins,
    retry: terms.retry,
  };
  return v.parse(
    BlockClaimsSchema,
    Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)),
  );
}

function seconds(args: Arguments, name: string): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const value = parseDuration(text);
  if (value !== undefined && value >= 1) return Math.round(value);
  throw args.wrong(`--${name} takes a time such as 30m, 1h or 90d, not "${text}"`);
}

function readInputs(args: Arguments): Record<string, InputSpec> {
  const inputs = new Map<string, InputSpec>();
  for (const [name, spec] of args.list("input").map(parseInputSpec)) {
    if (inputs.has(name)) throw args.wrong(`--input ${name} is there twice`);
    inputs.set(name, spec);
  }
  return Object.fromEntries(inputs);
}

function readOrigins(args: Arguments): string[] {
  const origins = [...new Set(args.list("origin").map((text) => parseOrigin(args, text)))];
  if (origins.length <= MOST_ORIGINS) return origins;
  throw args.wrong(`a block may name ${MOST_ORIGINS} origins, not ${origins.length}`);
}

/** A page's address will do: its origin is what counts. */
function parseOrigin(args: Arguments, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url.origin;
  throw args.wrong(`--origin takes an address such as https://blog.example, not "${text}"`);
}
