import type { Resource, Template } from "./template.ts";

/** What a resource is, once it is made. */
export interface Made {
  /** What `Ref` gives. */
  id: string;
  attributes: Record<string, string>;
}

export interface Place {
  accountId: string;
  region: string;
  stackId: string;
  stackName: string;
}

/** What stands for nothing, and takes the item or property that it is the value of with it. */
const NO_VALUE = Symbol("AWS::NoValue");

export class TemplateError extends Error {}

/** A stack's functions, evaluated with its parameters; resources are made when something names them. */
export function createResolver(
  template: Template,
  parameters: Record<string, string>,
  place: Place,
  make: (logicalId: string, resource: Resource) => Made,
) {
  const made = new Map<string, Made>();
  const pseudo: Record<string, string | symbol> = {
    "AWS::AccountId": place.accountId,
    "AWS::NoValue": NO_VALUE,
    "AWS::Partition": "aws",
    "AWS::Region": place.region,
    "AWS::StackId": place.stackId,
    "AWS::StackName": place.stackName,
    "AWS::URLSuffix": "amazonaws.com",
  };

  function holds(name: string): boolean {
    if (!(name in template.Conditions)) throw new TemplateError(`Unresolved condition ${name}`);
    return resolve(template.Conditions[name]) === true;
  }

  const isMade = (resource: { Condition?: string }) =>
    resource.Condition === undefined || holds(resource.Condition);

  function resourceOf(logicalId: string): Made {
    const known = made.get(logicalId);
    if (known) return known;
    const resource = template.Resources[logicalId];
    if (!resource || !isMade(resource)) {
      throw new TemplateError(
        `Template format error: Unresolved resource dependencies [${logicalId}]`,
      );
    }
    const Properties = resolve(resource.Properties ?? {}) as Record<string, unknown>;
    const one = make(logicalId, { ...resource, Properties });
    made.set(logicalId, one);
    return one;
  }

  function referred(name: string): unknown {
    if (name in pseudo) return pseudo[name];
    const parameter = template.Parameters[name];
    if (!parameter) return resourceOf(name).id;
    const value = parameters[name] ?? "";
    return parameter.Type.startsWith("CommaDelimitedList")
      ? value.split(",").map((item) => item.trim())
      : value;
  }

  function attribute(logicalId: string, name: string): string {
    const value = resourceOf(logicalId).attributes[name];
    if (value === undefined) throw new TemplateError(`${logicalId} has no attribute ${name}`);
    return value;
  }

  function substitute(text: string, named: Record<string, unknown>): string {
    return text.replace(/\$\{([^!}][^}]*)\}/g, (_, name: string) => {
      const [logicalId = "", field] = name.split(/\.(.*)/s);
      const value =
        name in named ? resolve(named[name]) : field ? attribute(logicalId, field) : referred(name);
      if (typeof value !== "string") throw new TemplateError(`Fn::Sub: ${name} is no string`);
      return value;
    });
  }

  const functions: Record<string, (given: never) => unknown> = {
    Ref: referred,
    Condition: holds,
    "Fn::Sub": (given: string | [string, Record<string, unknown>]) =>
      typeof given === "string" ? substitute(given, {}) : substitute(...given),
    "Fn::GetAtt": ([logicalId, name]: [string, string]) => attribute(logicalId, name),
    "Fn::If": ([condition, yes, no]: [string, unknown, unknown]) =>
      resolve(holds(condition) ? yes : no),
    "Fn::Equals": (given: unknown[]) => {
      const [one, other] = given.map((value) => String(resolve(value)));
      return one === other;
    },
    "Fn::Not": ([given]: [unknown]) => resolve(given) !== true,
    "Fn::And": (given: unknown[]) => given.every((one) => resolve(one) === true),
    "Fn::Or": (given: unknown[]) => given.some((one) => resolve(one) === true),
    "Fn::Join": ([separator, items]: [string, unknown]) =>
      (resolve(items) as string[]).join(separator),
    "Fn::Select": ([index, items]: [number, unknown]) => (resolve(items) as string[])[index],
    "Fn::GetAZs": () => ["a", "b", "c"].map((zone) => place.region + zone),
  };

  function resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolve).filter((item) => item !== NO_VALUE);
    if (typeof value !== "object" || value === null) return value;
    const [[name, given] = ["", undefined], ...others] = Object.entries(value);
    const call = others.length === 0 ? functions[name] : undefined;
    if (call) return call(given as never);
    if (name.startsWith("Fn::")) throw new TemplateError(`${name} is not known`);
    const entries = Object.entries(value).map(([key, inner]) => [key, resolve(inner)] as const);
    return Object.fromEntries(entries.filter(([, inner]) => inner !== NO_VALUE));
  }

  return { resolve, isMade, resourceOf, made };
}
