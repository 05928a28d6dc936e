import * as v from "valibot";
import {
  BlockClaimsSchema,
  type BlockClaims,
  type InputSpec,
  type ShownAs,
} from "../../protocol/claims.ts";
import { InputSpecError, parseInputSpec } from "../../protocol/input-spec.ts";
import type { Limits } from "../../protocol/limits.ts";
import { UsageError } from "../errors/cli-error.ts";
import { readLimits } from "./limits.ts";

/** As many as `BlockClaimsSchema` takes. */
const MAX_ORIGINS = 50;
const MAX_TITLE = 200;

/** The terms that an author sets: limits, inputs and validity. */
export interface Terms {
  inputs: Record<string, InputSpec>;
  limits: Limits;
  origins: string[];
  edit: boolean;
  expiresS?: number | undefined;
  cacheS?: number | undefined;
  retry?: "never" | undefined;
  value?: "last" | undefined;
  show?: ShownAs | undefined;
  title?: string | undefined;
}

export const NO_TERMS: Terms = { inputs: {}, limits: {}, origins: [], edit: false };

/** The options of `sign` for a block's terms. */
export interface TermOptions {
  input?: string[] | undefined;
  limit?: string[] | undefined;
  origin?: string[] | undefined;
  edit?: true | undefined;
  expires?: number | undefined;
  cache?: number | undefined;
  retry?: "never" | undefined;
  value?: "last" | undefined;
  show?: ShownAs | undefined;
  title?: string | undefined;
}

/** Throws `UsageError`. */
export function readTerms(options: TermOptions): Terms {
  const terms: Terms = {
    inputs: readInputs(options.input ?? []),
    limits: readLimits(options.limit ?? []),
    origins: readOrigins(options.origin ?? []),
    edit: options.edit ?? false,
    expiresS: options.expires && Math.round(options.expires),
    cacheS: options.cache && Math.round(options.cache),
    retry: options.retry,
    value: options.value,
    show: options.show,
    title: options.title === undefined ? undefined : readTitle(options.title),
  };
  if (terms.edit && terms.limits.network) {
    throw new UsageError("--edit and --limit network can't be used together");
  }
  return terms;
}

/** The claims of a block. An absent claim means its default. */
export function makeClaims(
  terms: Terms,
  facts: {
    project: string;
    /** The server that may run it; undefined if the token names none. */
    audience: string | undefined;
    /** The `code` claim. */
    digest: string;
    runtime: string;
    id: string;
    files?: BlockClaims["files"];
    after?: BlockClaims["after"];
    setup?: BlockClaims["setup"];
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
    value: terms.value,
    show: terms.show,
    title: terms.title,
    files: facts.files,
    after: facts.after,
    setup: facts.setup,
  };
  return v.parse(
    BlockClaimsSchema,
    Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)),
  );
}

function readInputs(declarations: readonly string[]): Record<string, InputSpec> {
  const inputs = new Map<string, InputSpec>();
  for (const [name, spec] of declarations.map(readInput)) {
    if (inputs.has(name)) throw new UsageError(`--input ${name} is there twice`);
    inputs.set(name, spec);
  }
  const standard = [...inputs].filter(([, { as }]) => as === "stdin").map(([name]) => name);
  if (standard.length > 1) {
    throw new UsageError(`only one input may be stdin, not ${standard.join(" and ")}`);
  }
  return Object.fromEntries(inputs);
}

function readInput(text: string): [name: string, spec: InputSpec] {
  try {
    return parseInputSpec(text);
  } catch (error) {
    if (!(error instanceof InputSpecError)) throw error;
    if (error.input === text)
      throw new UsageError(`--input ${text} ${error.message.replace(/^it /, "")}`);
    throw new UsageError(`--input ${error.input}: ${error.message}`);
  }
}

function readTitle(text: string): string {
  const title = text.trim().replace(/\s+/g, " ");
  if (title === "") throw new UsageError("--title takes the block's name, not an empty text");
  if (title.length <= MAX_TITLE) return title;
  throw new UsageError(`a title may have ${MAX_TITLE} characters, not ${title.length}`);
}

function readOrigins(urls: readonly string[]): string[] {
  const origins = [...new Set(urls.map(parseOrigin))];
  if (origins.length <= MAX_ORIGINS) return origins;
  throw new UsageError(`a block may name ${MAX_ORIGINS} origins, not ${origins.length}`);
}

/** The origin of a page's address. */
function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url.origin;
  throw new UsageError(`--origin takes an address such as https://blog.example, not "${text}"`);
}
