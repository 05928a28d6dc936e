import { setTimeout as sleep } from "node:timers/promises";
import type { Access } from "./access.ts";
import { meaningOf, type Meaning } from "./explain.ts";
import { git, GitFailure } from "./git.ts";
import { CommandRefusal } from "./refusal.ts";

/** Pauses before the second try and the third. */
const PAUSES_MS = [500, 2_500];

/** The repository's host does not give this by its name. */
export class NotGiven extends Error {
  override readonly name = "NotGiven";
  readonly what: "commit_unknown" | "ref_unknown";

  constructor(what: "commit_unknown" | "ref_unknown") {
    super(what);
    this.what = what;
  }
}

/** Where a repository is fetched from. */
export interface Remote {
  readonly access: Access;
  /**
   * Runs git in the bare repository `folder`. Tries again what may pass. Throws `NotGiven`, `CommandRefusal`
   * where the remote is the cause, and `GitFailure` where something else is.
   */
  git(args: readonly string[], folder: string): Promise<string>;
}

export function openRemote(access: Access, signal: AbortSignal): Remote {
  const { protocols, config, env } = access;
  return {
    access,
    async git(args, folder) {
      for (let failures = 0; ; failures++) {
        try {
          return await git(args, {
            cwd: folder,
            signal,
            protocols,
            config,
            env: { ...env, GIT_DIR: folder },
          });
        } catch (error) {
          const meaning = error instanceof GitFailure ? meaningOf(error) : undefined;
          if (meaning === undefined) throw error;
          const pause = PAUSES_MS[failures];
          if (meaning.is !== "passing" || pause === undefined) throw errorOf(meaning, error);
          await sleep(pause, undefined, { signal });
        }
      }
    },
  };
}

function errorOf(meaning: Meaning, cause: unknown): Error {
  if (meaning.is === "commit_unknown" || meaning.is === "ref_unknown") {
    return new NotGiven(meaning.is);
  }
  const sentence =
    meaning.is === "refused"
      ? meaning.sentence
      : `${meaning.sentence}, three times: run it again once it is reached.`;
  return new CommandRefusal("checkout_failed", sentence, { cause });
}
