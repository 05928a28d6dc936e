import { readBranches, readPaths } from "./fields.ts";
import {
  STEP_EVENTS,
  STEP_STATUSES,
  type StepConditions,
  type StepEvent,
  type StepStatus,
} from "./project-file.ts";
import type { YamlNode } from "./yaml-node.ts";

const CONDITIONS = ["branch", "event", "path", "status"] as const;

/** The conditions of a command. */
export function readWhen(place: YamlNode): StepConditions {
  const { branch, event, path, status } = place.fields(CONDITIONS, "branch, event, path or status");
  return {
    ...(branch && { branch: readBranches(branch) }),
    ...(event && { event: readNames<StepEvent>(event, STEP_EVENTS) }),
    ...(path && { path: readPaths(path) }),
    ...(status && { status: readStatuses(status) }),
  };
}

/** `always` stands for both. */
function readStatuses(place: YamlNode): readonly StepStatus[] {
  if (place.text === "always") return STEP_STATUSES;
  return readNames<StepStatus>(place, STEP_STATUSES, " or always");
}

function readNames<Name extends string>(
  place: YamlNode,
  names: readonly Name[],
  more = "",
): readonly Name[] {
  if (place.isEmptyList) place.wrong(`it is empty; write ${names.join(", ")}${more}`);
  return place.list(names.join(", ")).flatMap((entry) => {
    const known = names.find((name) => name === entry.text);
    if (known !== undefined) return [known];
    entry.wrong(`there is no such one; write ${names.join(", ")}${more}`);
    return [];
  });
}
