import { InvalidArgumentError } from "@commander-js/extra-typings";
import { UsageError } from "../errors/cli-error.ts";
import type { Inputs, InputSpec } from "../../protocol/claims.ts";

export interface GivenInput {
  name: string;
  value: string;
}

/** Collects `--input name=value`. */
export function readInput(text: string, previous: GivenInput[] | undefined): GivenInput[] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("It has to be of the form name=value");
  }
  if (/^[a-z][a-z0-9_]{0,31}$/.test(name)) return [...(previous ?? []), { name, value }];
  throw new InvalidArgumentError(
    `"${name}" is no name for an input: small letters, digits and _ make one`,
  );
}

/** The values, each of the type that its declaration asks for. Throws `UsageError`. */
export function typeInputs(
  given: readonly GivenInput[],
  declared: Record<string, InputSpec> = {},
): Inputs | undefined {
  if (given.length === 0) return undefined;
  return Object.fromEntries(
    given.map(({ name, value }) => {
      const spec = declared[name];
      if (spec) return [name, typeValue(name, spec.type, value)];
      const known = Object.keys(declared).join(", ") || "none";
      throw new UsageError(`the block has no input "${name}"; it has ${known}`);
    }),
  );
}

function typeValue(name: string, type: InputSpec["type"], value: string) {
  if (type === "integer" || type === "number") {
    const number = Number(value);
    if (value.trim() !== "" && Number.isFinite(number)) return number;
    throw new UsageError(`--input ${name} has to be a number, not "${value}"`);
  }
  if (type === "boolean") {
    if (value === "true" || value === "false") return value === "true";
    throw new UsageError(`--input ${name} has to be true or false, not "${value}"`);
  }
  return value;
}
