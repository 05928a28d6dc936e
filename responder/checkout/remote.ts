import { DeferredError } from "../../protocol/deferred-error.ts";
import type { RemoteAccess } from "./access.ts";
import { explainFailure } from "./explain.ts";
import { git, GitFailure } from "./git.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import { TransientFailure, retryTransient } from "./tries.ts";

type RemoteErrorCode =
  | "commit_unknown"
  | "ref_unknown"
  | "object_format_differs"
  | "repository_moved";

/**
 * Why a repository's host did not give what was asked for: a commit or ref that it has not, a mirror of the other
 * object format (SHA-1 or SHA-256), or another address of the repository.
 */
class RemoteError extends DeferredError<RemoteErrorCode> {
  override readonly name = "RemoteError";

  constructor(code: RemoteErrorCode, options?: ErrorOptions) {
    super(code, code.replaceAll("_", " "), options);
  }
}

export function isRemoteError(error: unknown, ...codes: RemoteErrorCode[]): boolean {
  return error instanceof RemoteError && codes.includes(error.code);
}

/** Where a repository is fetched from. */
export interface Remote {
  readonly access: RemoteAccess;
  /**
   * Runs git in the repository `folder` and retries transient failures. Throws `RemoteError`, `CommandRefusal` where
   * the remote is the cause, and `GitFailure` otherwise.
   */
  git(args: readonly string[], folder: string): Promise<string>;
}

export function openRemote(access: RemoteAccess, signal: AbortSignal): Remote {
  const { protocols, config, env } = access;
  return {
    access,
    git: (args, folder) =>
      retryTransient(signal, async () => {
        try {
          return await git(args, {
            cwd: folder,
            signal,
            protocols,
            config,
            env: { ...env, GIT_DIR: folder },
          });
        } catch (error) {
          throw (error instanceof GitFailure && asMeant(error)) || error;
        }
      }),
  };
}

function asMeant(cause: GitFailure): Error | undefined {
  const meaning = explainFailure(cause);
  switch (meaning?.is) {
    case "passing":
      return new TransientFailure(meaning.sentence, { cause });
    case "refused":
      return new CommandRefusal("checkout_failed", meaning.sentence, { cause });
    case "commit_unknown":
    case "ref_unknown":
    case "object_format_differs":
    case "repository_moved":
      return new RemoteError(meaning.is, { cause });
    case undefined:
      return undefined;
    default:
      return meaning satisfies never;
  }
}
