import type { Inputs, InputSpec } from "../../../protocol/claims.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";

/**
 * A block's inputs from a query or a form, each of the type that the block declares. An empty number takes its default.
 * Names in `other` are not inputs. Throws `input_invalid` for an unknown name, and for one that is given twice.
 */
export function readInputs(
  specs: Record<string, InputSpec> | undefined,
  given: URLSearchParams,
  other: readonly string[] = [],
): Inputs {
  const inputs: Inputs = {};
  const seen = new Set<string>();
  for (const [name, text] of given) {
    const spec = specs && Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (spec) {
      // A form sends `false`, then `true` for a box that is ticked.
      if (seen.has(name) && spec.type !== "boolean") {
        throw new ApiError("input_invalid", `${name}: it is given twice.`);
      }
      seen.add(name);
      const value = readValue(spec, text);
      if (value === undefined) delete inputs[name];
      else inputs[name] = value;
    } else if (!other.includes(name)) {
      const known = Object.keys(specs ?? {}).join(", ") || "none";
      throw new ApiError(
        "input_invalid",
        `The block has no input ${name.slice(0, 40)}; it has ${known}.`,
      );
    }
  }
  return inputs;
}

/** Text that is no value of its type stays text, which the check of inputs refuses. */
function readValue(spec: InputSpec, text: string): Inputs[string] | undefined {
  switch (spec.type) {
    case "integer":
    case "number":
      if (text.trim() === "") return undefined;
      return Number.isNaN(Number(text)) ? text : Number(text);
    case "boolean":
      if (["true", "1", "on"].includes(text)) return true;
      return ["false", "0", ""].includes(text) ? false : text;
    case "text":
      // A form sends CRLF.
      return text.replaceAll("\r\n", "\n");
    case "choice":
      return text;
    default:
      return spec satisfies never;
  }
}
