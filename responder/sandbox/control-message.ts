import type { Inputs } from "../../protocol/claims.ts";
import type { BlockProgram } from "./sandbox.ts";

/**
 * The message to a waiting interpreter: see `Runtime`. A NUL would end a field; canonical code and the server's check
 * of inputs refuse it.
 */
export function controlMessage({ code, inputs }: Pick<BlockProgram, "code" | "inputs">): string {
  const variables = Object.entries(inputVariables(inputs)).map(
    ([name, value]) => `${name}=${value}`,
  );
  const fields = [JSON.stringify(inputs), ...variables];
  if ([...fields, code].some((field) => field.includes("\0"))) {
    throw new RangeError("code and inputs may not hold a NUL");
  }
  return `${fields.join("\0")}\0\0${code}`;
}

/** The inputs as environment variables. */
export function inputVariables(inputs: Inputs): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, String(value)]),
  );
}
