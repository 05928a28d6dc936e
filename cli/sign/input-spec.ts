import * as v from "valibot";
import { InputSpecSchema, type InputSpec } from "../../protocol/claims.ts";
import { usageError } from "../cli-error.ts";

const NUMBERS = ["min", "max", "max_length"];

/**
 * An input as it is declared on the command line: `name=type[,property=value…]`, such as
 * `count=integer,min=1,max=10,default=3` or `mode=choice,values=fast|slow`. Throws a usage error.
 */
export function parseInputSpec(text: string): [name: string, spec: InputSpec] {
  const [, name, declaration] = /^([a-z][a-z0-9_]{0,31})=(.+)$/s.exec(text) ?? [];
  if (name === undefined || declaration === undefined) {
    throw usageError(`--input ${text} is not of the form name=type[,property=value]`, "sign");
  }
  const [type, ...properties] = declaration.split(",");
  const raw: Record<string, unknown> = { type };
  for (const property of properties) {
    const [, key = "", value = ""] = /^([a-z_]+)=(.*)$/s.exec(property) ?? [];
    raw[key === "" ? property : key] = propertyValue(type!, key, value);
  }
  const parsed = v.safeParse(InputSpecSchema, raw);
  if (parsed.success) return [name, parsed.output];
  const issue = parsed.issues[0];
  const where = issue.path?.map((item) => String(item.key)).join(".") ?? "it";
  throw usageError(`--input ${name}: ${where}: ${issue.message}`, "sign");
}

function propertyValue(type: string, key: string, value: string): unknown {
  if (key === "values") return value.split("|");
  if (NUMBERS.includes(key)) return Number(value);
  if (key !== "default") return value;
  if (type === "integer" || type === "number") return Number(value);
  return type === "boolean" ? { true: true, false: false }[value] : value;
}
