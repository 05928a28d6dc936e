import { Ec2Error, invalidValue } from "./error.ts";
import type { Parameters } from "./parameters.ts";

/** What a described thing says to a filter: a value, several, or that it does not know the filter. */
export type Facts = Record<string, string | string[] | undefined>;

/**
 * Keeps what passes every `Filter.n`, by the facts of each: `tag:KEY` and `tag-key` need only `tags`.
 * Values are alternatives; `*` and `?` are wild.
 */
export function filtered<Thing extends { tags: ReadonlyMap<string, string> }>(
  things: readonly Thing[],
  parameters: Parameters,
  factsOf: (thing: Thing) => Facts,
): Thing[] {
  const filters = parameters.structures("Filter").map((filter) => ({
    name: filter.required("Name"),
    patterns: filter.list("Value").map(patternOf),
  }));
  return things.filter((thing) => {
    const facts = factsOf(thing);
    return filters.every(({ name, patterns }) => {
      const values = valuesOf(name, thing.tags, facts);
      return values.some((value) => patterns.some((pattern) => pattern.test(value)));
    });
  });
}

function valuesOf(name: string, tags: ReadonlyMap<string, string>, facts: Facts): string[] {
  if (name.startsWith("tag:")) return [tags.get(name.slice(4))].flatMap((tag) => tag ?? []);
  if (name === "tag-key") return [...tags.keys()];
  if (!(name in facts)) {
    throw new Ec2Error("InvalidParameterValue", `The filter '${name}' is invalid`);
  }
  return [facts[name]].flat().flatMap((value) => value ?? []);
}

function patternOf(value: string): RegExp {
  const escaped = value.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", "[^]*").replaceAll("?", "[^]")}$`);
}

/** One page of `things`, by `MaxResults` and `NextToken`, and what leads to the next. */
export function page<Thing>(
  things: readonly Thing[],
  parameters: Parameters,
  { least = 5, most = 1000 } = {},
): { items: Thing[]; nextToken: string | undefined } {
  const size = parameters.whole("MaxResults");
  if (size !== undefined && (size < least || size > most)) {
    throw new Ec2Error(
      "InvalidParameterValue",
      `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value between ${least} and ${most}.`,
    );
  }
  const token = parameters.text("NextToken");
  const from = token === undefined ? 0 : Number(Buffer.from(token, "base64url").toString());
  if (!Number.isInteger(from)) throw invalidValue("nextToken", token!);
  const to = from + (size ?? most);
  const nextToken = to < things.length ? Buffer.from(String(to)).toString("base64url") : undefined;
  return { items: things.slice(from, to), nextToken };
}
