import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makerIn } from "../services/cloudformation/made.ts";
import { createResolver } from "../services/cloudformation/resolve.ts";
import { readTemplate, type Resource } from "../services/cloudformation/template.ts";
import { newStore, type Store } from "../services/ec2/store.ts";
import type { Document } from "../services/iam.ts";

export const TEMPLATE_TEXT = readFileSync(
  join(import.meta.dirname, "../../infra/stack.yaml"),
  "utf8",
);
export const TEMPLATE = readTemplate(TEMPLATE_TEXT);

export const URL = "https://runner.example";

/** The stack as it is with these parameters, made in an account of its own or in `store`. */
export function stackWith(parameters: Record<string, string> = {}, store: Store = newStore()) {
  const { accountId, region } = store;
  const defaults = Object.entries(TEMPLATE.Parameters).map(
    ([name, { Default = "" }]) => [name, String(Default)] as const,
  );
  const place = { accountId, region, stackName: "deferred", stackId: "stack-1" };
  const make = makerIn(store, place);
  const resources: Record<string, Resource> = {};
  const all = { ...Object.fromEntries(defaults), ServerUrl: URL, ...parameters };
  const resolver = createResolver(TEMPLATE, all, place, (logicalId, resource) => {
    resources[logicalId] = resource;
    return make(logicalId, resource, undefined);
  });
  for (const [logicalId, resource] of Object.entries(TEMPLATE.Resources)) {
    if (resolver.isMade(resource)) resolver.resourceOf(logicalId);
  }
  const outputs = Object.fromEntries(
    Object.entries(TEMPLATE.Outputs)
      .filter(([, output]) => resolver.isMade(output))
      .map(([name, { Value }]) => [name, String(resolver.resolve(Value))]),
  );
  const documentOf = (logicalId: string) =>
    resources[logicalId]?.Properties?.["PolicyDocument"] as Document | undefined;
  const statements = ["MachinesPolicy", "FilesPolicy", "DoctorPolicy"].flatMap(
    (logicalId) => documentOf(logicalId)?.Statement ?? [],
  );
  return {
    store,
    resources,
    outputs,
    made: resolver.made,
    documentOf,
    /** What the server's credentials may do: every policy that is attached to them. */
    policy: { Statement: statements } satisfies Document,
    environment: Object.fromEntries(
      (outputs["Environment"] ?? "").split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2)),
    ) as Record<string, string>,
  };
}
