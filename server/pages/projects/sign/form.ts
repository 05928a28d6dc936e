import * as v from "valibot";
import {
  canonicalCode,
  CanonicalCodeError,
  changedInside,
} from "../../../../protocol/canonical-code.ts";
import { BlockClaimsSchema, SHOWN_AS, type BlockClaims } from "../../../../protocol/claims.ts";
import { parseDuration } from "../../../../protocol/durations.ts";
import { InputSpecError, parseInputSpec } from "../../../../protocol/input-spec.ts";
import { limitNotes, LimitsSchema } from "../../../../protocol/limits.ts";
import { parseRuntime, RUNTIME_FACTS, RUNTIMES } from "../../../../protocol/runtimes.ts";
import { MAX_CODE_BYTES } from "../../../../protocol/sizes.ts";
import { isBlockName } from "../../../../protocol/registered-blocks.ts";
import { fileSize } from "../../../../protocol/words.ts";
import { readSignParts, storedNeedPage, type SignMistakes, type SignParts } from "./parts.ts";

// The page's script reads the form with this same code, so that both sign the same.

/** The claims that the form states of the program itself. */
type SignTerms = Omit<
  BlockClaims,
  "iss" | "aud" | "iat" | "exp" | "jti" | "code" | "files" | "after" | "setup"
>;

export interface SignForm extends SignParts {
  /** Canonical code. */
  code: string;
  terms: SignTerms;
  /** For how long the token is valid; undefined: without end. */
  expiresS: number | undefined;
  /** The token names no server. */
  anyServer: boolean;
  /** It also gets a public page, and a name for its address. */
  publish: boolean;
  as: string | undefined;
  /** Changes by the canonical form and limits that a server lowers, in sentences. */
  changes: string[];
}

/** The limits that have fields of their own. */
export const LIMIT_FIELDS = [
  "wall_s",
  "cpu_s",
  "memory_mb",
  "processes",
  "output_kb",
  "artifacts_mb",
] as const;

/** Reads the form; either what it states, or the mistakes by field. */
export function readSignForm(form: URLSearchParams): SignForm | { mistakes: SignMistakes } {
  const mistakes: SignMistakes = {};
  const text = (name: string) => (form.get(name) ?? "").trim();
  const source = form.get("source") ?? "";
  const readCodeOf = (part: string, field: string) => readCode(part, field, mistakes);
  const code = readCodeOf(source, "source");
  const version = text("version");
  const runtime = version === "" ? text("runtime") : `${text("runtime")}@${version}`;
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
    cache_s: readSeconds(text("cache"), "cache", mistakes),
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
  const expiresS = readSeconds(text("expires"), "expires", mistakes);
  const { parts, stored } = readSignParts(form, { runtime, code, mistakes, readCode: readCodeOf });
  const publish = form.has("publish");
  const needsPage = publish ? undefined : storedNeedPage(stored);
  if (needsPage !== undefined) mistakes["files"] ??= needsPage;
  const as = text("as") || undefined;
  if (as !== undefined && !isBlockName(as)) mistakes["as"] = WRONG_NAME;
  else if (as !== undefined && !publish)
    mistakes["as"] = "Tick the public page, or leave it empty.";
  const terms = checkTerms(claims, mistakes);
  if (Object.keys(mistakes).length > 0 || !terms) return { mistakes };
  const changes = [...changesOf(source), ...loweredOf(terms)];
  const anyServer = form.has("any_server");
  return { code, parts, stored, terms, expiresS, anyServer, publish, as, changes };
}

/** Seconds, of a time such as `1h`; undefined where there is none. */
function readSeconds(text: string, field: string, mistakes: SignMistakes): number | undefined {
  if (text === "") return undefined;
  const seconds = parseDuration(text) ?? 0;
  if (seconds < 1) mistakes[field] = "A time of a second or more, such as 30m, 1h or 90d.";
  return Math.max(1, Math.round(seconds));
}

function loweredOf({ limits }: SignTerms): string[] {
  return limitNotes(limits ?? {}).map((note) => `${note}.`);
}

function readCode(source: string, field: string, mistakes: SignMistakes): string {
  try {
    const code = canonicalCode(source);
    const bytes = new TextEncoder().encode(code).length;
    if (code === "") mistakes[field] = "Paste the program here, or drop its file.";
    else if (bytes > MAX_CODE_BYTES) {
      mistakes[field] =
        `A block has ${fileSize(MAX_CODE_BYTES)} at most; this has ${fileSize(bytes)}.`;
    }
    return code;
  } catch (error) {
    if (!(error instanceof CanonicalCodeError)) throw error;
    mistakes[field] = `Line ${error.line} holds ${error.found}, which a block may not hold.`;
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
  for (const name of LIMIT_FIELDS) {
    if (text(name) === "") continue;
    limits[name] = Number(text(name));
    if (v.is(LimitsSchema, { [name]: limits[name] })) continue;
    mistakes[name] = LIMIT_KINDS[name];
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

const LIMIT_KINDS: Readonly<Record<(typeof LIMIT_FIELDS)[number], string>> = {
  wall_s: "Seconds, 0.1 or more.",
  cpu_s: "Seconds, 0.1 or more.",
  memory_mb: "A whole number, 8 or more.",
  processes: "A whole number, 1 or more.",
  output_kb: "A whole number, 1 or more.",
  artifacts_mb: "A whole number, 0 or more.",
};

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
const FIELDS: Readonly<Record<string, string>> = { cache_s: "cache", runtime: "version" };

function checkTerms(claims: object, mistakes: SignMistakes): SignTerms | undefined {
  const rest = v.omit(BlockClaimsSchema, [
    ...(["iss", "aud", "iat", "exp", "jti", "code"] as const),
    ...(["files", "after", "setup"] as const),
  ]);
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
  show: `Choose one of ${SHOWN_AS.join(", ")}.`,
  runtime: "A version of digits and dots, such as 3.11.",
  inputs: "Only one input may be stdin.",
};

function changesOf(source: string): string[] {
  const lines = changedInside(source);
  if (lines.length === 0) return [];
  const where = lines.length === 1 ? `line ${lines[0]}` : `lines ${lines.slice(0, 20).join(", ")}`;
  return [`Blanks on otherwise empty lines are not a part of the code: ${where}.`];
}

/** The message for a wrong name of a block. */
export const WRONG_NAME =
  "Small letters, digits and -, beginning with a letter, 40 at most, such as resume.";
