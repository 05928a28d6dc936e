import { fromJson } from "../database/json.ts";
import * as v from "valibot";
import { CommandWorkSchema, type CommandWork, type Credential } from "../../protocol/command.ts";
import type { ProjectSettings } from "../../protocol/projects.ts";
import type { BlockWork, Work } from "../../protocol/responder.ts";
import type { StoredBlockWork } from "../database/tables/runs.ts";
import { GitHubAppError } from "../projects/github/app-error.ts";
import { firstIssue } from "../http/json-body.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { BlockFiles } from "../projects/blocks/files.ts";
import type { RunRow } from "../runs/record.ts";
import type { RefusedWork } from "../runs/claims.ts";

/** The current state of a project, as its commands need it. */
export interface CommandProject {
  repository: string | null;
  settings: ProjectSettings;
  credential?: Credential | undefined;
  /** Values of secrets, by name. */
  secrets: Record<string, string>;
}

export interface CompleteWorkDeps {
  /** Undefined where the project was removed. */
  project: (slug: string) => Promise<CommandProject | undefined>;
  /** Signs the address from which a machine reads a stored file of a block. */
  addressOf: BlockFiles["addressOf"];
  /** Whether repositories may be at private addresses. */
  allowPrivate: boolean;
}

/**
 * The work that a machine gets. Secrets and the credential are added at each claim, so that neither is
 * stored with a run and the next attempt uses changed values.
 */
export async function completeWork(
  row: Pick<RunRow, "kind" | "work" | "project" | "block_digest">,
  { project: find, addressOf, allowPrivate }: CompleteWorkDeps,
): Promise<Work | RefusedWork> {
  const stored = fromJson(row.work);
  if (stored.kind === "block") {
    return {
      ...stored,
      ...(stored.limits.network !== false && { allow_private: allowPrivate }),
      stored_files: await addFileUrls(stored.stored_files, (sha256) =>
        addressOf(row.project, row.block_digest, sha256),
      ),
    };
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
    // Strangers reach no private addresses, also where the server allows them.
    limits: {
      ...limits,
      network: limits.network && settings.network && !(stranger && allowPrivate),
    },
    repository: {
      url: repository,
      // For the checkout only: no command sees the credential, neither a stranger's nor the project's own.
      ...(credential && { credential }),
      submodules: settings.submodules,
      lfs: settings.lfs,
      allow_private: allowPrivate,
    },
    secrets: stranger ? {} : secrets,
    caches: !stranger,
  };
  // A machine rejects a claim's answer as a whole: one invalid order must not block the others.
  const parsed = v.safeParse(CommandWorkSchema, work);
  return parsed.success ? work : refused(`No machine takes it: ${firstIssue(parsed.issues)}.`);
}

const SEALED =
  "Its secrets do not open: the server's master key is another than when they were set. Set them again.";

function refused(detail: string): RefusedWork {
  return { kind: "refused", detail };
}

/** The same files, each with the address to read it from. */
async function addFileUrls(
  files: StoredBlockWork["stored_files"],
  addressOf: (sha256: string) => Promise<string>,
): Promise<BlockWork["stored_files"]> {
  if (!files) return undefined;
  const named = Object.entries(files).map(
    async ([path, file]) => [path, { ...file, url: await addressOf(file.sha256) }] as const,
  );
  return Object.fromEntries(await Promise.all(named));
}
