import * as v from "valibot";
import {
  canonicalCode,
  CanonicalCodeError,
  changedInside,
} from "../../../../protocol/canonical-code.ts";
import { BlockClaimsSchema, SHOWN_AS, type BlockClaims } from "../../../../protocol/claims.ts";
import { InputSpecError, parseInputSpec, writeInputSpec } from "../../../../protocol/input-spec.ts";
import { LimitsSchema } from "../../../../protocol/limits.ts";
import { parseRuntime, RUNTIME_FACTS, RUNTIMES } from "../../../../protocol/runtimes.ts";
import { MAX_CODE_BYTES } from "../../../../protocol/sizes.ts";
import { fileSize } from "../../../../protocol/words.ts";

// The page's script reads the form with this same code, so that it signs what the server would.

/** The claims that the form states. */
export type SignTerms = Omit<BlockClaims, "iss" | "aud" | "iat" | "jti" | "code">;

export interface SignForm {
  /** Canonical code. */
  code: string;
  terms: SignTerms;
  /** What the canonical form changed, in sentences. */
  changes: string[];
}

export type SignMistakes = Record<string, string>;

/** The limits that have fields. */
const NUMBERS = ["wall_s", "memory_mb"] as const;

/** Reads the form; either what it states, or the mistakes by field. */
export function readSignForm(form: URLSearchParams): SignForm | { mistakes: SignMistakes } {
  const mistakes: SignMistakes = {};
  const text = (name: string) => (form.get(name) ?? "").trim();
  const source = form.get("source") ?? "";
  const code = readCode(source, mistakes);
  const runtime = text("runtime");
  const { name } = parseRuntime(runtime);
  const known = RUNTIMES.find((one) => one === name);
  if (!known) mistakes["runtime"] = `Choose one of ${RUNTIMES.join(", ")}.`;
  const last = form.has("value");
  if (last && known && !RUNTIME_FACTS[known].lastValue) {
    mistakes["value"] = `The last expression of ${known} has no value: print it instead.`;
  }
  const claims = {
    runtime,
    inputs: readInputs(form.get("inputs") ?? "", mistakes),
    limits: readLimits(text, mistakes),
    cache_s: text("cache") === "" ? undefined : Number(text("cache")),
    origins: readOrigins(text("origins"), mistakes),
    title: text("title").replace(/\s+/g, " ") || undefined,
    show: text("show") === "" ? undefined : text("show"),
    value: last ? "last" : undefined,
    edit: form.has("edit") || undefined,
    retry: form.has("once") ? "never" : undefined,
  };
  if (claims.edit && claims.limits?.network) {
    mistakes["edit"] = "Code that readers change gets no network: untick this, or leave hosts out.";
  }
  const terms = checkTerms(claims, mistakes);
  if (Object.keys(mistakes).length > 0 || !terms) return { mistakes };
  return { code, terms, changes: changesOf(source) };
}

/** The fields that state a block's claims and code again. */
export function formOfBlock(claims: BlockClaims, code: string): URLSearchParams {
  const { runtime, inputs, limits, cache_s, origins, title, show } = claims;
  const network = limits?.network === true ? "any" : limits?.network || [];
  const fields = {
    source: code,
    runtime,
    title,
    inputs: Object.entries(inputs ?? {})
      .map(([name, spec]) => writeInputSpec(name, spec))
      .join("\n"),
    wall_s: limits?.wall_s?.toString(),
    memory_mb: limits?.memory_mb?.toString(),
    network: [network].flat().join(" "),
    cache: cache_s?.toString(),
    origins: origins?.join("\n"),
    show,
    value: claims.value && "on",
    edit: claims.edit && "on",
    once: claims.retry && "on",
  };
  const given = Object.entries(fields).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return new URLSearchParams(given);
}

function readCode(source: string, mistakes: SignMistakes): string {
  try {
    const code = canonicalCode(source);
    const bytes = new TextEncoder().encode(code).length;
    if (code === "") mistakes["source"] = "Paste the program here, or drop its file.";
    else if (bytes > MAX_CODE_BYTES) {
      mistakes["source"] =
        `A block has ${fileSize(MAX_CODE_BYTES)} at most; this has ${fileSize(bytes)}.`;
    }
    return code;
  } catch (error) {
    if (!(error instanceof CanonicalCodeError)) throw error;
    mistakes["source"] = `Line ${error.line} holds ${error.found}, which a block may not hold.`;
    return "";
  }
}

function readInputs(text: string, mistakes: SignMistakes): BlockClaims["inputs"] {
  const lines = text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
  const inputs: NonNullable<BlockClaims["inputs"]> = {};
  try {
    for (const line of lines) {
      const [name, spec] = parseInputSpec(line);
      if (Object.hasOwn(inputs, name)) throw new InputSpecError("it is there twice", name);
      inputs[name] = spec;
    }
  } catch (error) {
    if (!(error instanceof InputSpecError)) throw error;
    mistakes["inputs"] = `${error.input}: ${error.message}.`;
  }
  return lines.length === 0 ? undefined : inputs;
}

function readLimits(text: (name: string) => string, mistakes: SignMistakes): BlockClaims["limits"] {
  const limits: Record<string, unknown> = {};
  for (const name of NUMBERS) {
    if (text(name) === "") continue;
    limits[name] = Number(text(name));
    if (v.is(LimitsSchema, { [name]: limits[name] })) continue;
    mistakes[name] = name === "wall_s" ? "Seconds, 0.1 or more." : "A whole number, 8 or more.";
  }
  const hosts = text("network")
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  if (hosts.length > 0) {
    limits["network"] = hosts[0] === "any" && hosts.length === 1 ? true : hosts;
    if (!v.is(LimitsSchema, { network: limits["network"] })) {
      mistakes["network"] = "Names of hosts such as api.example.org or *.example.com, or any.";
    }
  }
  return Object.keys(limits).length === 0 ? undefined : limits;
}

function readOrigins(text: string, mistakes: SignMistakes): string[] | undefined {
  const urls = text.split(/[\s,]+/).filter(Boolean);
  const origins = urls.map((url) => {
    const { protocol, origin } = URL.parse(url) ?? {};
    if (origin && (protocol === "https:" || protocol === "http:")) return origin;
    mistakes["origins"] =
      `“${url.slice(0, 60)}” is no site’s address, such as https://blog.example.`;
    return url;
  });
  if (origins.length > 50) mistakes["origins"] = "A block names 50 sites at most.";
  return origins.length === 0 ? undefined : [...new Set(origins)];
}

/** Fields whose values the form offers, and those with a rule of their own. */
const FIELDS: Readonly<Record<string, string>> = { cache_s: "cache" };

function checkTerms(claims: object, mistakes: SignMistakes): SignTerms | undefined {
  const rest = v.omit(BlockClaimsSchema, ["iss", "aud", "iat", "jti", "code"]);
  const given = Object.entries(claims).filter(([, value]) => value !== undefined);
  const parsed = v.safeParse(rest, Object.fromEntries(given));
  if (parsed.success) return parsed.output;
  for (const { path, message } of parsed.issues) {
    const key = path?.[0].key;
    const name = typeof key === "string" ? key : "";
    // Each limit has a field of its own, which says what is wrong.
    if (name !== "limits") mistakes[FIELDS[name] ?? name] ??= WORDS[name] ?? message;
  }
  return undefined;
}

const WORDS: Readonly<Record<string, string>> = {
  title: "A title has 200 characters at most.",
  cache_s: "Choose how long a result may answer.",
  show: `Choose one of ${SHOWN_AS.join(", ")}.`,
  runtime: "A name, with a version if need be: python or python@3.11.",
  inputs: "Only one input may be stdin.",
};

function changesOf(source: string): string[] {
  const lines = changedInside(source);
  if (lines.length === 0) return [];
  const where = lines.length === 1 ? `line ${lines[0]}` : `lines ${lines.slice(0, 20).join(", ")}`;
  return [`Blanks on otherwise empty lines are not a part of the code: ${where}.`];
}
