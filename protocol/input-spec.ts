import * as v from "valibot";
import { InputSpecSchema, PASSED_AS, type InputSpec } from "./claims.ts";
import { inputFault, inputFaultWords } from "./input-values.ts";
import { nearest } from "./nearest.ts";

/** Finds the mistake in a declaration of an input. */
export class InputSpecError extends Error {
  override readonly name = "InputSpecError";
  /** The input's name, or all of a text that names none. */
  readonly input: string;

  constructor(message: string, input: string) {
    super(message);
    this.input = input;
  }
}

/** The properties that an input of each type may have. */
const PROPERTIES: Readonly<Record<InputSpec["type"], readonly string[]>> = {
  integer: ["min", "max", "default", "label", "unit", "hint", "as"],
  number: ["min", "max", "default", "label", "unit", "hint", "as"],
  text: ["max_length", "default", "label", "hint", "as"],
  choice: ["values", "default", "label", "hint", "as"],
  boolean: ["default", "label", "hint", "as"],
};
const TYPES = Object.keys(PROPERTIES);
/** Most characters of a text that readers see at the field. */
const MAX_LENGTHS: Readonly<Record<string, number>> = { label: 200, unit: 20, hint: 200 };
const MAX_VALUES = 100;

/**
 * An input as authors declare it: `name=type[,property=value…]`, such as `count=integer,min=1,max=10,default=3` or
 * `mode=choice,values=fast|slow`. Throws `InputSpecError`, also for an input that no reader could set.
 */
export function parseInputSpec(text: string): [name: string, spec: InputSpec] {
  const [, name, declaration] = /^([a-z][a-z0-9_]{0,31})=(.+)$/s.exec(text) ?? [];
  if (name === undefined || declaration === undefined) {
    throw new InputSpecError("it is not of the form name=type[,property=value]", text);
  }
  const wrong = (what: string) => new InputSpecError(what, name);
  const [type = "", ...properties] = declaration.split(",");
  if (!isType(type)) {
    const meant = nearest(type, TYPES);
    throw wrong(`there is no type "${type}"; write ${meant ?? TYPES.join(", ")}`);
  }
  const raw: Record<string, unknown> = { type };
  for (const property of properties) {
    const [, key, value] = /^([a-z_]+)=(.*)$/s.exec(property) ?? [];
    if (key === undefined || value === undefined) {
      throw wrong(`"${property}" is not of the form property=value`);
    }
    const known = PROPERTIES[type];
    if (!known.includes(key)) throw wrong(`${type} has no ${key}; it has ${known.join(", ")}`);
    if (raw[key] !== undefined) throw wrong(`${key} is there twice`);
    const read = parseProperty(type, key, value);
    if (read === undefined) throw wrong(`${key} takes ${describeKind(type, key)}, not "${value}"`);
    raw[key] = read;
  }
  if (type === "choice" && raw["values"] === undefined) {
    throw wrong("a choice needs values, such as values=fast|slow");
  }
  const parsed = v.safeParse(InputSpecSchema, raw);
  if (!parsed.success) throw wrong("it can't be declared so");
  const spec = parsed.output;
  const contradiction = findContradiction(spec);
  if (contradiction !== undefined) throw wrong(contradiction);
  return [name, spec];
}

const isType = (text: string): text is InputSpec["type"] => TYPES.includes(text);

/** Undefined if the text is no value of the property. */
function parseProperty(type: InputSpec["type"], key: string, value: string): unknown {
  switch (key) {
    case "values": {
      const values = value.split("|");
      const isList = !values.includes("") && new Set(values).size === values.length;
      return isList && values.length <= MAX_VALUES ? values : undefined;
    }
    case "max_length":
      return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
    case "as":
      return PASSED_AS.find((as) => as === value);
    case "label":
    case "unit":
    case "hint":
      return value.length <= MAX_LENGTHS[key]! ? value : undefined;
    default:
      if (type === "boolean") return { true: true, false: false }[value];
      if (type !== "integer" && type !== "number") return value;
      return parseNumber(type, value);
  }
}

function parseNumber(type: "integer" | "number", text: string): number | undefined {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const isOne = type === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);
  return isOne ? value : undefined;
}

function describeKind(type: InputSpec["type"], key: string): string {
  if (key === "values") return `up to ${MAX_VALUES} different texts with | between them`;
  if (key === "as") return `one of ${PASSED_AS.join(", ")}`;
  if (key === "max_length") return "a number of bytes";
  if (key in MAX_LENGTHS) return `${MAX_LENGTHS[key]} characters at most`;
  if (type === "boolean") return "true or false";
  return type === "integer" ? "a whole number" : "a number";
}

/** Why no value, or not the default, is accepted; undefined if both are. */
function findContradiction(spec: InputSpec): string | undefined {
  if ("min" in spec && "max" in spec && spec.min! > spec.max!) {
    return `min is ${spec.min} and max ${spec.max}: no value is between them`;
  }
  const fault = spec.default === undefined ? undefined : inputFault(spec, spec.default);
  return fault && `the default is refused: ${inputFaultWords(fault)}`;
}

/** The text that `parseInputSpec` reads. Commas in labels and values can't be written. */
export function writeInputSpec(name: string, spec: InputSpec): string {
  const { type, ...properties } = spec;
  const written = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `,${key}=${Array.isArray(value) ? value.join("|") : String(value)}`);
  return `${name}=${type}${written.join("")}`;
}
