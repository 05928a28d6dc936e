import * as v from "valibot";
import { ProjectSettingsSchema } from "../../../protocol/projects.ts";
import { decideGithub } from "../../../server/hooks/github.ts";
import { pushBody } from "./senders.ts";

export const sha = (digit: string) => digit.repeat(40);

export const NONE = sha("0");

/** A project with these settings, as far as a decision looks at it. */
export function projectWith(settings: object = {}) {
  return {
    repository: "https://git.example/ada/app.git",
    settings: v.parse(ProjectSettingsSchema, settings),
  };
}

export function pushed(changes: Record<string, unknown>, settings: object = {}) {
  return decideGithub(JSON.parse(pushBody(sha("a"), changes)), "push", projectWith(settings));
}
