import { Ec2Error } from "./error.ts";
import { Parameters } from "./parameters.ts";
import type { Store } from "./store.ts";

/** A request with what its launch template says wherever it says nothing itself of a parameter. */
export function withLaunchTemplate(form: URLSearchParams, store: Store): Parameters {
  const own = new Parameters(form);
  const id = own.text("LaunchTemplate.LaunchTemplateId");
  if (id === undefined) return own;
  if (!/^lt-[0-9a-f]{8,17}$/.test(id)) {
    throw new Ec2Error("InvalidLaunchTemplateId.Malformed", `Invalid id: "${id}"`);
  }
  const versions = store.launchTemplates.get(id);
  if (!versions) {
    throw new Ec2Error(
      "InvalidLaunchTemplateId.NotFound",
      `The specified launch template, with template ID ${id}, does not exist.`,
    );
  }
  const version = own.text("LaunchTemplate.Version") ?? "$Default";
  const said = version === "$Latest" ? versions.at(-1) : versions[Number(version) - 1];
  if (!said) {
    throw new Ec2Error(
      "InvalidLaunchTemplateId.VersionNotFound",
      `Could not find launch template version ${version} for the launch template ${id}.`,
    );
  }
  const added = [...said].filter(([name]) => !own.has(name.split(".")[0]!));
  return new Parameters([...form, ...added]);
}

/** The parameters that a template's data stand for, named as a request's are: `SecurityGroupId.1`. */
export function templateParameters(data: unknown, prefix = ""): Map<string, string> {
  if (typeof data !== "object" || data === null) return new Map([[prefix, String(data)]]);
  const entries = Array.isArray(data)
    ? data.map((item, index) => [`${singular(prefix)}.${index + 1}`, item] as const)
    : Object.entries(data).map(
        ([key, value]) => [prefix === "" ? key : `${prefix}.${key}`, value] as const,
      );
  return new Map(entries.flatMap(([name, value]) => [...templateParameters(value, name)]));
}

const singular = (name: string) => name.replace(/s$/, "");
