import { fromJson } from "../database/json.ts";
import * as v from "valibot";
import { CommandWorkSchema, type CommandWork, type Credential } from "../../protocol/command.ts";
import type { ProjectSettings } from "../../protocol/projects.ts";
import type { Work } from "../../protocol/responder.ts";
import { GitHubAppError } from "../projects/github/app-error.ts";
import { firstIssue } from "../http/json-body.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { RunRow } from "../runs/record.ts";
import type { RefusedWork } from "../runs/claims.ts";

/** A project as its commands need it, now. */
export interface CommandProject {
  repository: string | null;
  settings: ProjectSettings;
  credential?: Credential | undefined;
  /** Their values, by name. */
  secrets: Record<string, string>;
}

export interface CompleteWorkDeps {
  /** Undefined where it was removed. */
  project: (slug: string) => Promise<CommandProject | undefined>;
  /** Whether repositories may be at private addresses. */
  allowPrivate: boolean;
}

/**
 * What a machine gets of a run's stored work. Secrets and credential are added here, at each claim, so that
 * none is ever stored with a run and one that was changed is the new one at the next attempt.
 */
export async function completeWork(
  row: Pick<RunRow, "kind" | "work">,
  { project: find, allowPrivate }: CompleteWorkDeps,
): Promise<Work | RefusedWork> {
  const stored = fromJson(row.work);
  if (stored.kind === "block") {
    return stored.limits.network === false ? stored : { ...stored, allow_private: allowPrivate };
  }
  let project: CommandProject | undefined;
  try {
    project = await find(stored.project);
  } catch (error) {
    if (error instanceof ApiError && error.code === "sealed_otherwise") return refused(SEALED);
    if (error instanceof GitHubAppError) return refused(error.message);
    throw error;
  }
  if (!project) return refused("The project was removed.");
  const { repository, settings, credential, secrets } = project;
  if (repository === null) {
    return refused("The project has no repository: set one with deferred projects set --repo URL.");
  }
  const { stranger, limits } = stored;
  const work: CommandWork = {
    ...stored,
    // Where private addresses may be reached, strangers reach none at all.
    limits: {
      ...limits,
      network: limits.network && settings.network && !(stranger && allowPrivate),
    },
    repository: {
      url: repository,
      // The checkout's alone: no command sees it, a stranger's as little as the project's own.
      ...(credential && { credential }),
      submodules: settings.submodules,
      lfs: settings.lfs,
      allow_private: allowPrivate,
    },
    secrets: stranger ? {} : secrets,
    caches: !stranger,
  };
  // A machine takes all that it claims or nothing: an order that it can't read must not hold up the others.
  const parsed = v.safeParse(CommandWorkSchema, work);
  return parsed.success ? work : refused(`No machine takes it: ${firstIssue(parsed.issues)}.`);
}

const SEALED =
  "Its secrets do not open: the server's master key is another than when they were set. Set them again.";

function refused(detail: string): RefusedWork {
  return { kind: "refused", detail };
}
