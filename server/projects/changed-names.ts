import type { ChangeProject } from "../../protocol/projects.ts";

/** Names of the parts of a project that a request changes: `settings branches, public; repository; token`. */
export function changedNames({ settings, ...others }: ChangeProject): string {
  const names = Object.entries(others).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  const set = Object.keys(settings ?? {});
  return [...(set.length === 0 ? [] : [`settings ${set.join(", ")}`]), ...names].join("; ");
}
