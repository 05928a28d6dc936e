import type { Dice } from "./dice.ts";

/** What is used of JSON Schema. */
export interface JsonSchema {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  minimum?: number;
  maximum?: number;
}

export const ODD_STRINGS = [
  "",
  "0",
  "-1",
  "9".repeat(400),
  "1e999",
  "NaN",
  "..",
  "../../secret",
  "%2e%2e%2fsecret",
  "%00",
  "\0",
  "%",
  "%E0%A4%A",
  "é",
  "e\u0301",
  "\u{1f480}",
  "\u202e",
  "\ud800",
  "\ufeff",
  "\r\nx-injected: 1",
  "\x1b]0;x\x07",
  "'\"<script>",
  "'; drop table runs; --",
  "${jndi:ldap://x}",
  "{{7*7}}",
  "a,b:c;d",
  "x/".repeat(3000),
  "a".repeat(70_000),
  "__proto__",
  "constructor",
  "toString",
  "null",
  "file:///etc/passwd",
  "http://169.254.169.254/",
  "*",
];
const ODD_NUMBERS = [0, -0, 1, 2, -1, 0.5, 64, 1e9, 1e308, -1e308, 2 ** 53, 2 ** 31, NaN];
const DEEP = JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`) as unknown;

/** A value of any type, for where a schema wants another. */
export function oddValue(d: Dice): unknown {
  switch (d.below(7)) {
    case 0:
      return null;
    case 1:
      return d.chance(0.5);
    case 2:
      return d.pick(ODD_NUMBERS);
    case 3:
      return [d.pick(ODD_STRINGS), d.pick(ODD_NUMBERS)];
    case 4:
      return { [d.pick(ODD_STRINGS)]: d.pick(ODD_STRINGS) };
    case 5:
      return d.chance(0.1) ? DEEP : [];
    default:
      return d.pick(ODD_STRINGS);
  }
}

/**
 * A value of the schema's form, with something else in its place in `wrong` of all places. Under a name that
 * `known` has, it is mostly one of the values that the server knows by it.
 */
export function valueOf(
  schema: JsonSchema,
  d: Dice,
  known: Readonly<Record<string, readonly unknown[]>>,
  wrong: number,
  name = "",
): unknown {
  if (d.chance(wrong)) return oddValue(d);
  const values = Object.hasOwn(known, name) ? known[name] : undefined;
  if (values && d.chance(0.85)) return d.pick(values);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return d.pick(schema.enum);
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return valueOf(d.pick(either), d, known, wrong, name);
  switch (schema.type) {
    case "object":
      return objectOf(schema, d, known, wrong);
    case "array": {
      const item = schema.items ?? {};
      return Array.from({ length: d.below(4) }, () => valueOf(item, d, known, wrong, name));
    }
    case "integer":
    case "number": {
      const { minimum = 0, maximum = minimum + 100 } = schema;
      return d.chance(0.2) ? d.pick(ODD_NUMBERS) : minimum + d.below(maximum - minimum + 1);
    }
    case "boolean":
      return d.chance(0.5);
    case "null":
      return null;
    default:
      return d.chance(0.5) ? d.pick(ODD_STRINGS) : `x${d.below(1000)}`;
  }
}

function objectOf(
  { properties = {}, required = [], additionalProperties }: JsonSchema,
  d: Dice,
  known: Readonly<Record<string, readonly unknown[]>>,
  wrong: number,
): Record<string, unknown> {
  const names = Object.keys(properties).filter(
    (name) => d.chance(0.5) || (required.includes(name) && !d.chance(wrong)),
  );
  const made = Object.fromEntries(
    names.map((name) => [name, valueOf(properties[name]!, d, known, wrong, name)]),
  );
  const open = typeof additionalProperties === "object" ? additionalProperties : undefined;
  if (open || d.chance(wrong)) made[`x${d.below(9)}`] = valueOf(open ?? {}, d, known, wrong);
  if (d.chance(wrong)) made[d.pick(ODD_STRINGS)] = oddValue(d);
  return made;
}

/** `bytes` with some of them changed, left out, doubled, or cut off. */
export function mutated(bytes: Buffer, d: Dice): Buffer {
  let made = Buffer.from(bytes);
  for (let times = 1 + d.below(6); times > 0 && made.length > 0; times--) {
    const at = d.below(made.length);
    const to = Math.min(made.length, at + 1 + d.below(40));
    switch (d.below(6)) {
      case 0:
        made[at] = d.below(256);
        break;
      case 1:
        made = Buffer.concat([made.subarray(0, at), made.subarray(to)]);
        break;
      case 2:
        made = Buffer.concat([made.subarray(0, to), made.subarray(at)]);
        break;
      case 3: {
        const put = Buffer.from(d.pick(ODD_STRINGS).slice(0, 5000));
        made = Buffer.concat([made.subarray(0, at), put, made.subarray(at)]);
        break;
      }
      case 4:
        made = made.subarray(0, at);
        break;
      default: {
        const noise = Array.from({ length: d.below(40) }, () => d.below(256));
        made = Buffer.concat([made.subarray(0, at), Buffer.from(noise), made.subarray(at)]);
      }
    }
  }
  return made;
}
