import * as v from "valibot";

/** Letters without vowels and look-alikes (RFC 8628, 6.1). */
const CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
const CODE_LENGTH = 8;

/** Body of `POST /v1/device/code`. */
export const DeviceRequestSchema = v.strictObject({
  /** The machine that asks, as its approval shows it. */
  host: v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(100),
    v.regex(/^[^\p{C}]*$/u, "control characters can't be in it"),
  ),
});

/** As in RFC 8628, 3.2. */
export const DeviceCodeSchema = v.object({
  device_code: v.string(),
  user_code: v.string(),
  verification_uri: v.string(),
  verification_uri_complete: v.string(),
  expires_in: v.number(),
  interval: v.number(),
});

export const DeviceTokenRequestSchema = v.strictObject({
  device_code: v.pipe(v.string(), v.maxLength(100)),
});

export const DeviceTokenSchema = v.object({
  access_token: v.string(),
  token_type: v.literal("Bearer"),
  /** Names the token in lists. */
  id: v.string(),
  expires_at: v.string(),
  /** The name of who approved it. */
  user: v.string(),
});
export type DeviceToken = v.InferOutput<typeof DeviceTokenSchema>;

/** A short code from random bytes: `BCDF-GHJK`. */
export function userCodeOf(bytes: Uint8Array): string {
  const letters = [...bytes.subarray(0, CODE_LENGTH)].map(
    (byte) => CODE_LETTERS[byte % CODE_LETTERS.length],
  );
  return `${letters.slice(0, 4).join("")}-${letters.slice(4).join("")}`;
}

/** The code that a person typed, in capitals and without blanks; undefined if it is none. */
export function readUserCode(text: string): string | undefined {
  const letters = text.toUpperCase().replace(/[\s-]/g, "");
  const isCode = new RegExp(`^[${CODE_LETTERS}]{${CODE_LENGTH}}$`).test(letters);
  return isCode ? `${letters.slice(0, 4)}-${letters.slice(4)}` : undefined;
}
