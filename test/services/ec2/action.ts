import { Ec2Error } from "./error.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Parameters } from "./parameters.ts";
import type { Store } from "./store.ts";
import type { Xml } from "./xml.ts";

export interface ActionContext {
  parameters: Parameters;
  store: Store;
  lifecycle: Lifecycle;
  now: () => number;
}

/** Answers a request by what goes into its answer beside the request's id, or throws `Ec2Error`. */
export type Action = (context: ActionContext) => Record<string, Xml>;

/** Comes after what is checked and before what is done. */
export function endDryRun({ parameters }: ActionContext): void {
  if (!parameters.flag("DryRun")) return;
  throw new Ec2Error("DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
}

export function tagSet(tags: ReadonlyMap<string, string>): Xml {
  return [...tags].map(([key, value]) => ({ key, value }));
}

/** Tags for one kind of resource, from `TagSpecification.n`. */
export function tagsFor(kind: string, parameters: Parameters): Map<string, string> {
  const tags = parameters
    .structures("TagSpecification")
    .filter((specification) => specification.required("ResourceType") === kind)
    .flatMap((specification) => specification.structures("Tag"))
    .map((tag): [string, string] => [tag.required("Key"), tag.text("Value") ?? ""]);
  for (const [key, value] of tags) {
    if (key.startsWith("aws:") || key.length > 128 || value.length > 256) {
      throw new Ec2Error("InvalidParameterValue", `The tag '${key}' is not valid.`);
    }
  }
  if (tags.length > 50) {
    throw new Ec2Error("TagLimitExceeded", "The maximum number of Tags for a resource is 50.");
  }
  return new Map(tags);
}
