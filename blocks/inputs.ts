import type { BlockClaims, Inputs, InputSpec } from "../protocol/claims.ts";
import { inputFault, inputFaultWords } from "../protocol/input-values.ts";
import { MAX_INPUTS_BYTES } from "../protocol/sizes.ts";
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
    const fault = inputFault(spec, value);
    if (value === undefined || fault) {
      throw refused(name, inputFaultWords(fault ?? { fault: "missing" }));
    }
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

function refused(name: string, why: string): ApiError {
  return new ApiError("input_invalid", `${name}: ${why}.`);
}
