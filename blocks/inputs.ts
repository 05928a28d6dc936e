import type { BlockClaims, Inputs, InputSpec } from "../protocol/claims.ts";
import { MAX_INPUT_BYTES, MAX_INPUTS_BYTES } from "../protocol/sizes.ts";
import { ApiError } from "../protocol/deferred-error.ts";

/**
 * Every input the block declares, with the reader's value or its default. Throws `ApiError` for an unknown name, a
 * value out of bounds, or a missing value without a default.
 */
export function resolveInputs(specs: BlockClaims["inputs"], given: Inputs = {}): Inputs {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(specs ?? {}, name)) throw refused(name, "the block has no such input");
  }
  const inputs: Inputs = {};
  for (const [name, spec] of Object.entries(specs ?? {})) {
    const value = Object.hasOwn(given, name) ? given[name] : defaultOf(spec);
    if (value === undefined) throw refused(name, "it needs a value");
    const wrong = whatIsWrong(spec, value);
    if (wrong) throw refused(name, wrong);
    inputs[name] = value;
  }
  const bytes = Buffer.byteLength(Object.values(inputs).join(""));
  if (bytes > MAX_INPUTS_BYTES)
    throw new ApiError("input_invalid", "Inputs are over 32 KiB in all.");
  return inputs;
}

function defaultOf(spec: InputSpec) {
  if (spec.default !== undefined) return spec.default;
  if (spec.type === "boolean") return false;
  if (spec.type === "text") return "";
  return undefined;
}

/** Describes why a value is invalid; undefined if it is valid. */
export function whatIsWrong(spec: InputSpec, value: Inputs[string]): string | undefined {
  switch (spec.type) {
    case "integer":
      if (!Number.isSafeInteger(value)) return "it has to be a whole number";
      return outOfBounds(spec, value as number);
    case "number":
      if (typeof value !== "number" || !Number.isFinite(value)) return "it has to be a number";
      return outOfBounds(spec, value);
    case "boolean":
      return typeof value === "boolean" ? undefined : "it has to be true or false";
    case "choice":
      return typeof value === "string" && spec.values.includes(value)
        ? undefined
        : `it has to be one of ${spec.values.join(", ")}`;
    case "text": {
      if (typeof value !== "string") return "it has to be text";
      if (value.includes("\0")) return "it may not hold NUL";
      if (!value.isWellFormed()) return "it may not hold a lone surrogate";
      const most = Math.min(spec.max_length ?? MAX_INPUT_BYTES, MAX_INPUT_BYTES);
      return Buffer.byteLength(value) > most ? `it may have ${most} bytes at most` : undefined;
    }
    default:
      return spec satisfies never;
  }
}

function outOfBounds(spec: { min?: number; max?: number }, value: number): string | undefined {
  if (spec.min !== undefined && value < spec.min) return `it has to be ${spec.min} or more`;
  if (spec.max !== undefined && value > spec.max) return `it has to be ${spec.max} or less`;
  return undefined;
}

function refused(name: string, why: string): ApiError {
  return new ApiError("input_invalid", `${name}: ${why}.`);
}
