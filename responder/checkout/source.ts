import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { CommandWork, Credential } from "../../protocol/command.ts";
import type { Log } from "../log.ts";
import { openAccess } from "./access.ts";
import type { Address } from "./address.ts";
import { inMirror, mirrorFolder, type Format, type Mirror } from "./mirror.ts";
import { passingFolder } from "./passing-folder.ts";
import { openRemote, OtherFormat } from "./remote.ts";

/** A repository that a run takes commits from: the project's own, or a submodule's. */
export interface Source {
  readonly address: Address;
  /**
   * Gives its mirror to `use`, for commits whose names are as long as `commit`'s. Where that is not known, `use`
   * begins again with the other mirror once the repository turned out to be of the other format.
   */
  mirror<Value>(
    commit: string | undefined,
    use: (mirror: Mirror) => Promise<Value>,
  ): Promise<Value>;
  close(): Promise<void>;
}

export interface SourceOptions {
  readonly work: CommandWork;
  readonly url: string;
  readonly credential: Credential | undefined;
  readonly mirrors: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export async function openSource(options: SourceOptions): Promise<Source> {
  const { work, url, credential, mirrors, log, signal } = options;
  const secrets = await passingFolder(mirrors, "secret");
  const close = () => rm(secrets, { recursive: true, force: true });
  try {
    const allowPrivate = work.repository.allow_private;
    const access = await openAccess({ url, credential, allowPrivate, secrets, signal });
    const remote = openRemote(access, signal);
    // What one project may read another may not, and a stranger's commits are nobody else's.
    const owner = [work.project, work.stranger ? "stranger" : "own", access.address.url];
    const folderOf = (format: Format) => mirrorFolder({ mirrors, owner, format });
    return {
      address: access.address,
      async mirror(commit, use) {
        const within = (format: Format) =>
          inMirror({ mirrors, owner, format, remote, log, signal }, use);
        if (commit?.length === 40) return within("sha1");
        if (commit?.length === 64) return within("sha256");
        const isSha256 = existsSync(folderOf("sha256")) && !existsSync(folderOf("sha1"));
        const [likely, other] = isSha256
          ? (["sha256", "sha1"] as const)
          : (["sha1", "sha256"] as const);
        try {
          return await within(likely);
        } catch (error) {
          if (error instanceof OtherFormat) return within(other);
          throw error;
        }
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
