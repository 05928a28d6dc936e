import type { Inputs, InputSpec } from "../../protocol/claims.ts";
import type { Arguments } from "../command.ts";

/** The values of `--input name=value`, each of the type its declaration asks for. */
export function inputValues(
  args: Arguments,
  declared: Record<string, InputSpec> | undefined = {},
): Inputs | undefined {
  const entries = pairs(args).map(([name, value]): [string, string | number | boolean] => {
    const spec = declared[name];
    if (!spec) {
      const known = Object.keys(declared).join(", ") || "none";
      throw args.wrong(`the block has no input "${name}"; it has ${known}`);
    }
    return [name, typed(args, name, spec.type, value)];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The names of the inputs that are set. */
export function inputNames(args: Arguments): string[] {
  return pairs(args).map(([name]) => {
    if (/^[a-z][a-z0-9_]{0,31}$/.test(name)) return name;
    throw args.wrong(`"${name}" is no name for an input: small letters, digits and _ make one`);
  });
}

function pairs(args: Arguments): [name: string, value: string][] {
  return args.list("input").map((text) => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name !== undefined && value !== undefined) return [name, value];
    throw args.wrong(`--input ${text} is not of the form name=value`);
  });
}

function typed(args: Arguments, name: string, type: InputSpec["type"], value: string) {
  if (type === "integer" || type === "number") {
    const number = Number(value);
    if (value.trim() !== "" && Number.isFinite(number)) return number;
    throw args.wrong(`--input ${name} has to be a number, not "${value}"`);
  }
  if (type === "boolean") {
    if (value === "true" || value === "false") return value === "true";
    throw args.wrong(`--input ${name} has to be true or false, not "${value}"`);
  }
  return value;
}
