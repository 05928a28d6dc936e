import { expect, test } from "vitest";
import * as command from "../../protocol/command.ts";
import * as registration from "../../protocol/registration.ts";
import * as responder from "../../protocol/responder.ts";

/** All that a machine sends. */
const REQUESTS = {
  ProgressRequest: registration.ProgressRequestSchema,
  RegisterRequest: registration.RegisterRequestSchema,
  ClaimRequest: responder.ClaimRequestSchema,
  RenewRequest: responder.RenewRequestSchema,
  StartedRequest: responder.StartedRequestSchema,
  OutputRequest: responder.OutputRequestSchema,
  ManifestRequest: responder.ManifestRequestSchema,
  FinishRequest: responder.FinishRequestSchema,
  Leave: responder.LeaveResponderSchema,
  CheckoutRequest: command.CheckoutRequestSchema,
  RestoreCachesRequest: command.RestoreCachesRequestSchema,
  SaveCachesRequest: command.SaveCachesRequestSchema,
};

/** What valibot's schemas have in common, as far as it is looked at here. */
interface Node {
  type: string;
  pipe?: readonly (Node & { requirement?: unknown })[];
  wrapped?: Node;
  item?: Node;
  entries?: Record<string, Node>;
  options?: readonly (Node | string)[];
}

/** Paths of strings, numbers and arrays that may be of any size. */
function unbounded(node: Node, path: string): string[] {
  const has = (type: string) => node.pipe?.some((step) => step.type === type) === true;
  switch (node.type) {
    case "string":
      return has("max_length") || node.pipe?.some(isShortPattern) ? [] : [path];
    case "number":
      return has("max_value") && has("min_value") ? [] : [path];
    case "array":
      return [...(has("max_length") ? [] : [path]), ...unbounded(node.item!, `${path}[]`)];
    case "object":
      return Object.entries(node.entries!).flatMap(([name, of]) =>
        unbounded(of, `${path}.${name}`),
      );
    case "optional":
    case "nullable":
      return unbounded(node.wrapped!, path);
    case "union":
      return node.options!.flatMap((option) => unbounded(option as Node, path));
    case "picklist":
    case "literal":
      return [];
    default:
      throw new Error(`${path}: say here what bounds a schema of type ${node.type}`);
  }
}

/** A pattern for the whole text that repeats nothing without end. */
function isShortPattern({ type, requirement }: Node & { requirement?: unknown }): boolean {
  if (type !== "regex" || !(requirement instanceof RegExp)) return false;
  return /^\^.*\$$/.test(requirement.source) && !/[*+]|\{\d+,\}/.test(requirement.source);
}

test.each(Object.entries(REQUESTS))("no field of a %s may be of any size", (name, schema) => {
  expect(unbounded(schema as unknown as Node, name)).toEqual([]);
});
