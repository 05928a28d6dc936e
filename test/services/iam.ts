/** A policy as a document says it; lists of one may be written as their item. */
export interface Document {
  Statement: {
    Sid?: string;
    Effect: string;
    Principal?: unknown;
    Action: string | string[];
    Resource: string | string[];
    Condition?: Record<string, Record<string, string | string[]>>;
  }[];
}

/** One question to IAM: a call may need several answers. */
export interface AccessRequest {
  action: string;
  resource: string;
  /** Condition keys and what they are in this request; absent ones are not in it. */
  context: Record<string, string | string[] | undefined>;
}

/** IAM's decision for one policy: some statement allows it, and none denies it. */
export function isAllowed(policy: Document, request: AccessRequest): boolean {
  const concerned = policy.Statement.filter(
    ({ Action, Resource, Condition = {} }) =>
      list(Action).some((action) => matches(action.toLowerCase(), request.action.toLowerCase())) &&
      list(Resource).some((resource) => matches(resource, request.resource)) &&
      Object.entries(Condition).every(([operator, keys]) =>
        Object.entries(keys).every(([key, wanted]) =>
          holds(operator, valuesOf(request.context, key), list(wanted)),
        ),
      ),
  );
  return (
    concerned.some(({ Effect }) => Effect === "Allow") &&
    concerned.every(({ Effect }) => Effect !== "Deny")
  );
}

function holds(operator: string, found: string[], wanted: string[]): boolean {
  switch (operator) {
    case "Null":
      return wanted.includes(String(found.length === 0));
    case "StringEquals":
    case "Bool":
      return found.some((value) => wanted.includes(value));
    case "ArnEquals":
    case "ArnLike":
    case "StringLike":
      return found.some((value) => wanted.some((pattern) => matches(pattern, value)));
    case "NumericLessThanEquals":
      return found.some((value) => wanted.some((most) => Number(value) <= Number(most)));
    default:
      throw new Error(`The evaluator does not know ${operator}.`);
  }
}

/** Names of keys don't depend on case, but for the tag's name in them. */
function valuesOf(context: AccessRequest["context"], key: string): string[] {
  const found = Object.entries(context).find(([name]) => normal(name) === normal(key));
  return found?.[1] === undefined ? [] : list(found[1]);
}

function normal(key: string): string {
  const [name = "", ...tag] = key.split("/");
  return [name.toLowerCase(), ...tag].join("/");
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(text);
}

function list<Item>(value: Item | Item[]): Item[] {
  return Array.isArray(value) ? value : [value];
}
