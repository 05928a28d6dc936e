import * as v from "valibot";
import { SlugSchema } from "./claims.ts";

/** What an API token of a project may do. Each scope includes those before it. */
export const TOKEN_SCOPES = ["read", "run", "admin"] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

const DAY_S = 86_400;
export const MIN_TOKEN_S = 60;
export const MAX_TOKEN_S = 366 * DAY_S;
export const DEFAULT_TOKEN_S = 90 * DAY_S;

export const NewTokenSchema = v.strictObject({
  project: SlugSchema,
  scope: v.picklist(TOKEN_SCOPES),
  /** Its purpose; one line. */
  name: v.optional(
    v.pipe(
      v.string(),
      v.minLength(1),
      v.maxLength(100),
      v.regex(/^[^\p{C}]*$/u, "control characters can't be in it"),
    ),
  ),
  /** Seconds until it expires: a minute to 366 days. Absent: 90 days. */
  expires_s: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(MIN_TOKEN_S), v.maxValue(MAX_TOKEN_S)),
  ),
});
export type NewToken = v.InferOutput<typeof NewTokenSchema>;

/** A token as lists show it, without its secret. */
const TokenViewSchema = v.object({
  id: v.string(),
  name: v.string(),
  project: v.string(),
  scope: v.picklist(TOKEN_SCOPES),
  created_at: v.string(),
  expires_at: v.string(),
  /** Exact to a minute. Null: never used. */
  last_used_at: v.nullable(v.string()),
});
export type TokenView = v.InferOutput<typeof TokenViewSchema>;

export const TokenListSchema = v.object({ tokens: v.array(TokenViewSchema) });

/** The answer that has the secret; no other has it. */
export const MadeTokenSchema = v.object({ ...TokenViewSchema.entries, token: v.string() });
