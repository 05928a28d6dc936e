import * as v from "valibot";
import { BlockPathSchema, FileClaimSchema, findFileAsFolder } from "./block-files.ts";
import { LimitsSchema } from "./limits.ts";
import { MAX_FILES, MAX_PARTS } from "./sizes.ts";

/** `typ` of a block's JWS header. */
export const BLOCK_TYP = "deferred-block+jwt";
/** Signature algorithms of blocks; all others are refused, above all `none` and HMAC. */
export const BLOCK_ALGORITHMS = ["EdDSA", "ES256"] as const;
/** Seconds by which the clocks of author and server may differ. */
export const CLOCK_LEEWAY_S = 60;

const InputName = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_]{0,31}$/));
/** How the program receives an input: `INPUT_<NAME>`, all of standard input, or an argument. */
export const PASSED_AS = ["env", "stdin", "arg"] as const;
/** What every type of input may have. */
const common = {
  label: v.optional(v.pipe(v.string(), v.maxLength(200))),
  /** A note at the field, in the author's words. */
  hint: v.optional(v.pipe(v.string(), v.maxLength(200))),
  /** Absent: `env`. */
  as: v.optional(v.picklist(PASSED_AS)),
};
/** Stands behind a number's field: `cm`. */
const unit = v.optional(v.pipe(v.string(), v.maxLength(20)));

/** An input that a reader may set, with its bounds. */
export const InputSpecSchema = v.variant("type", [
  v.strictObject({
    type: v.literal("integer"),
    min: v.optional(v.pipe(v.number(), v.safeInteger())),
    max: v.optional(v.pipe(v.number(), v.safeInteger())),
    default: v.optional(v.pipe(v.number(), v.safeInteger())),
    unit,
    ...common,
  }),
  v.strictObject({
    type: v.literal("number"),
    min: v.optional(v.pipe(v.number(), v.finite())),
    max: v.optional(v.pipe(v.number(), v.finite())),
    default: v.optional(v.pipe(v.number(), v.finite())),
    unit,
    ...common,
  }),
  v.strictObject({
    type: v.literal("text"),
    /** Bytes of UTF-8. */
    max_length: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
    default: v.optional(v.string()),
    ...common,
  }),
  v.strictObject({
    type: v.literal("choice"),
    values: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(100)),
    default: v.optional(v.string()),
    ...common,
  }),
  v.strictObject({
    type: v.literal("boolean"),
    default: v.optional(v.boolean()),
    ...common,
  }),
]);
export type InputSpec = v.InferOutput<typeof InputSpecSchema>;

/** A reader's value for an input, of the input's own type. */
const InputValueSchema = v.union([v.string(), v.number(), v.boolean()]);
export const InputsSchema = v.record(v.string(), InputValueSchema);
export type Inputs = v.InferOutput<typeof InputsSchema>;

export const SlugSchema = v.pipe(
  v.string(),
  // A name of dots alone would be another folder in a path.
  v.regex(
    /^[a-z0-9][a-z0-9-]{0,38}\/(?!\.+$)[A-Za-z0-9._-]{1,100}$/,
    "a slug has the form owner/name",
  ),
);

/** A runtime's name, with an optional version: `python`, `python@3.11`. */
export const RuntimeSchema = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9+_-]{0,31}(@[0-9][0-9A-Za-z.]{0,31})?$/),
);

/** How the element shows the result: as the first artifact of that type, or as output. */
export const SHOWN_AS = ["text", "table", "html", "svg", "image", "pdf"] as const;
export type ShownAs = (typeof SHOWN_AS)[number];

function hasOneStdin(inputs: Record<string, InputSpec>): boolean {
  return Object.values(inputs).filter((spec) => spec.as === "stdin").length <= 1;
}

/** `c1-sha256-` and the base64url digest of canonical code. */
const CodeDigestSchema = v.pipe(v.string(), v.regex(/^c1-sha256-[A-Za-z0-9_-]{43}$/));

/** The claims of a signed block. Unknown claims are ignored, as RFC 7519 asks. */
export const BlockClaimsSchema = v.object({
  /** The project's slug, `owner/name`. */
  iss: SlugSchema,
  /** The URL of the server that may run it. */
  aud: v.optional(v.union([v.string(), v.array(v.string())])),
  iat: v.number(),
  exp: v.optional(v.number()),
  jti: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  code: CodeDigestSchema,
  runtime: RuntimeSchema,
  inputs: v.optional(
    v.pipe(
      v.record(InputName, InputSpecSchema),
      v.check(hasOneStdin, "only one input may be stdin"),
    ),
  ),
  edit: v.optional(v.boolean()),
  limits: v.optional(LimitsSchema),
  /** Seconds for which a stored result may answer; absent: never. */
  cache_s: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** Origins of the pages that may send it; absent: any. */
  origins: v.optional(v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(50))),
  /** What lists, pages and screen readers call it. */
  title: common.label,
  /** `never`: not safe to run twice. */
  retry: v.optional(v.literal("never")),
  /** Files in the program's working directory, by path. */
  files: v.optional(
    v.pipe(
      v.record(BlockPathSchema, FileClaimSchema),
      v.check((files) => Object.keys(files).length <= MAX_FILES, `at most ${MAX_FILES} files`),
      v.check(
        (files) => findFileAsFolder(Object.keys(files)) === undefined,
        "a file can't be a folder as well",
      ),
    ),
  ),
  /** Digests of code that comes before, in order: the program is all of it, only the output of `code` is shown. */
  after: v.optional(v.pipe(v.array(CodeDigestSchema), v.minLength(1), v.maxLength(MAX_PARTS))),
  /** Digest of code that comes first and that the page does not show. */
  setup: v.optional(CodeDigestSchema),
  /** `last`: the program's last expression is the result's value; of runtimes with `lastValue`. */
  value: v.optional(v.literal("last")),
  /** The output's format. It is never guessed from the content. */
  show: v.optional(v.picklist(SHOWN_AS, `it is none of ${SHOWN_AS.join(", ")}`)),
});
export type BlockClaims = v.InferOutput<typeof BlockClaimsSchema>;
