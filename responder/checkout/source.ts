import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { CommandWork, Credential } from "../../protocol/command.ts";
import type { Log } from "../process/log.ts";
import { openAccess } from "./access.ts";
import type { Address } from "./address.ts";
import { inMirror, mirrorFolder, type Format, type GitMirror } from "./mirror.ts";
import { passingFolder } from "./passing-folder.ts";
import { addressAfterMove, movedAway } from "./moved.ts";
import { isRemoteError, openRemote } from "./remote.ts";

/** A repository that was renamed that often leads in a circle. */
const MAX_MOVES = 3;

/** A repository that a run takes commits from: the project's own, or a submodule's. */
export interface RepositorySource {
  /** Where it is now: another address of the same host once it turned out to be renamed. */
  readonly address: Address;
  readonly isMoved: boolean;
  /**
   * Gives its mirror to `use`, for commits whose names are as long as `commit`'s. Where that is not known, `use`
   * begins again with the other mirror once the repository turned out to be of the other format.
   */
  mirror<Value>(
    commit: string | undefined,
    use: (mirror: GitMirror) => Promise<Value>,
  ): Promise<Value>;
  close(): Promise<void>;
}

export interface RepositorySourceOptions {
  readonly work: CommandWork;
  readonly url: string;
  readonly credential: Credential | undefined;
  readonly mirrors: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export async function openSource(options: RepositorySourceOptions): Promise<RepositorySource> {
  const { work, url, credential, mirrors, log, signal } = options;
  const secrets = await passingFolder(mirrors, "secret");
  const close = () => rm(secrets, { recursive: true, force: true });
  try {
    const allowPrivate = work.repository.allow_private;
    const opened = await openAccess({ url, credential, allowPrivate, secrets, signal });
    let { address } = opened;
    let moves = 0;
    // Mirrors are not shared between projects, nor between a stranger's commits and the project's own: read access
    // differs.
    const owner = [work.project, work.stranger ? "stranger" : "own", address.url];
    const mirrorFor = (format: Format) => mirrorFolder({ mirrors, owner, format });
    const mirror: RepositorySource["mirror"] = async (commit, use) => {
      const remote = openRemote({ ...opened, address }, signal);
      const within = (format: Format) =>
        inMirror({ mirrors, owner, format, remote, log, signal }, use);
      if (commit?.length === 40) return within("sha1");
      if (commit?.length === 64) return within("sha256");
      const isSha256 = existsSync(mirrorFor("sha256")) && !existsSync(mirrorFor("sha1"));
      const [likely, other] = isSha256
        ? (["sha256", "sha1"] as const)
        : (["sha1", "sha256"] as const);
      try {
        return await within(likely);
      } catch (error) {
        if (isRemoteError(error, "object_format_differs")) return within(other);
        throw error;
      }
    };
    return {
      get address() {
        return address;
      },
      get isMoved() {
        return moves > 0;
      },
      async mirror(commit, use) {
        for (;;) {
          try {
            return await mirror(commit, use);
          } catch (error) {
            if (!isRemoteError(error, "repository_moved")) throw error;
            if (++moves > MAX_MOVES) throw movedAway();
            address = await addressAfterMove({ ...opened, address }, signal);
          }
        }
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
