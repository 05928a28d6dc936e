import type { Inputs, InputSpec } from "./claims.ts";
import { MAX_INPUT_BYTES } from "./sizes.ts";

/** Why a value is not what an input takes. Both sides check it: the element before a press, the server after it. */
export type InputFault =
  | { fault: "missing" | "not_whole" | "not_number" | "not_boolean" | "not_text" }
  | { fault: "holds_nul" | "holds_surrogate" }
  | { fault: "not_listed"; values: readonly string[] }
  | { fault: "too_long"; maxBytes: number }
  | { fault: "too_small"; min: number }
  | { fault: "too_large"; max: number };

/** Returns why `value` is invalid; undefined if it is valid. */
export function inputFault(
  spec: InputSpec,
  value: Inputs[string] | undefined,
): InputFault | undefined {
  if (value === undefined) return { fault: "missing" };
  switch (spec.type) {
    case "integer":
      return Number.isSafeInteger(value)
        ? boundsFault(spec, value as number)
        : { fault: "not_whole" };
    case "number":
      return typeof value === "number" && Number.isFinite(value)
        ? boundsFault(spec, value)
        : { fault: "not_number" };
    case "boolean":
      return typeof value === "boolean" ? undefined : { fault: "not_boolean" };
    case "choice":
      return typeof value === "string" && spec.values.includes(value)
        ? undefined
        : { fault: "not_listed", values: spec.values };
    case "text": {
      if (typeof value !== "string") return { fault: "not_text" };
      if (value.includes("\0")) return { fault: "holds_nul" };
      if (!value.isWellFormed()) return { fault: "holds_surrogate" };
      const maxBytes = maxBytesOf(spec);
      return byteLength(value) > maxBytes ? { fault: "too_long", maxBytes } : undefined;
    }
    default:
      return spec satisfies never;
  }
}

function boundsFault(
  { min, max }: { min?: number; max?: number },
  value: number,
): InputFault | undefined {
  if (min !== undefined && value < min) return { fault: "too_small", min };
  if (max !== undefined && value > max) return { fault: "too_large", max };
  return undefined;
}

/** The length in bytes of UTF-8 that a text input may have. */
export function maxBytesOf({ max_length: length }: { max_length?: number }): number {
  return Math.min(length ?? MAX_INPUT_BYTES, MAX_INPUT_BYTES);
}

/** The length of `text` in bytes of UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** `it has to be 2 or more`. */
export function inputFaultWords(fault: InputFault): string {
  switch (fault.fault) {
    case "missing":
      return "it needs a value";
    case "not_whole":
      return "it has to be a whole number";
    case "not_number":
      return "it has to be a number";
    case "not_boolean":
      return "it has to be true or false";
    case "not_text":
      return "it has to be text";
    case "holds_nul":
      return "it may not hold NUL";
    case "holds_surrogate":
      return "it may not hold a lone surrogate";
    case "not_listed":
      return `it has to be one of ${fault.values.join(", ")}`;
    case "too_long":
      return `it may have ${fault.maxBytes} bytes at most`;
    case "too_small":
      return `it has to be ${fault.min} or more`;
    case "too_large":
      return `it has to be ${fault.max} or less`;
    default:
      return fault satisfies never;
  }
}
