import type { RemoteAccess } from "./access.ts";
import { meaningOf } from "./explain.ts";
import { git, GitFailure } from "./git.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import { TransientFailure, retryTransient } from "./tries.ts";

/** The repository's host does not give this by its name. */
export class NotGiven extends Error {
  override readonly name = "NotGiven";
  readonly what: "commit_unknown" | "ref_unknown";

  constructor(what: "commit_unknown" | "ref_unknown") {
    super(what);
    this.what = what;
  }
}

/** The repository is of SHA-256 and the mirror of SHA-1, or the reverse. */
export class OtherFormat extends Error {
  override readonly name = "OtherFormat";
}

/** The repository's host sends to another address. */
export class Moved extends Error {
  override readonly name = "Moved";
}

/** Where a repository is fetched from. */
export interface Remote {
  readonly access: RemoteAccess;
  /**
   * Runs git in the repository `folder`. Tries again what may pass. Throws `NotGiven`, `OtherFormat`, `Moved`,
   * `CommandRefusal` where the remote is the cause, and `GitFailure` where something else is.
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
  const meaning = meaningOf(cause);
  switch (meaning?.is) {
    case "passing":
      return new TransientFailure(meaning.sentence, { cause });
    case "refused":
      return new CommandRefusal("checkout_failed", meaning.sentence, { cause });
    case "commit_unknown":
    case "ref_unknown":
      return new NotGiven(meaning.is);
    case "other_format":
      return new OtherFormat("the repository's commits have names of the other length", { cause });
    case "moved":
      return new Moved("the repository has moved", { cause });
    case undefined:
      return undefined;
    default:
      return meaning satisfies never;
  }
}
