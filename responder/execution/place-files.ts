import { createHash } from "node:crypto";
import { Transform } from "node:stream";
import type { BlockWork } from "../../protocol/responder.ts";
import { DeferredError } from "../../protocol/deferred-error.ts";
import { ServerRefusal, type ServerClient } from "../client/server-client.ts";
import { refuseOpenHttp } from "../process/launch-file.ts";
import { SandboxError } from "../sandbox/result.ts";
import type { PreparedSandbox } from "../sandbox/sandbox.ts";

/** Storage does not hold a file of the block as it was signed. */
export class FileUnavailable extends DeferredError {
  override readonly name = "FileUnavailable";

  constructor(message: string, options?: ErrorOptions) {
    super("file_unavailable", message, options);
  }
}

export interface PlaceFilesOptions {
  readonly client: Pick<ServerClient, "get">;
  readonly serverUrl: string;
  readonly signal: AbortSignal;
}

/**
 * Streams the stored files of a block from their addresses into its sandbox. The program comes after them, so it never
 * sees a file whose digest was not checked. Throws `FileUnavailable` or `SandboxError`; the sandbox is of no use then.
 */
export async function placeFiles(
  sandbox: Pick<PreparedSandbox, "place">,
  files: BlockWork["stored_files"],
  options: PlaceFilesOptions,
): Promise<void> {
  for (const [path, file] of Object.entries(files ?? {})) {
    try {
      await placeFile(sandbox, path, file, options);
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof FileUnavailable) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new SandboxError(`the file ${path} was not placed: ${why}`, { cause: error });
    }
  }
}

async function placeFile(
  sandbox: Pick<PreparedSandbox, "place">,
  path: string,
  { url, size, sha256 }: NonNullable<BlockWork["stored_files"]>[string],
  { client, serverUrl, signal }: PlaceFilesOptions,
): Promise<void> {
  const address = new URL(url, `${serverUrl}/`).href;
  refuseOpenHttp(address);
  const hash = createHash("sha256");
  let length = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      length += chunk.length;
      if (length > size) done(otherBytes(path));
      else done(null, chunk);
    },
  });
  // Without a bound of its own: `counted` ends what is too long.
  const downloaded = client.get(address, counted, Infinity, { signal }).catch((error: unknown) => {
    counted.destroy();
    throw error;
  });
  // The download's own error says more than that its stream ended early.
  const [got, placed] = await Promise.allSettled([downloaded, sandbox.place(path, size, counted)]);
  if (got.status === "rejected") {
    const cause: unknown = got.reason;
    const isGone = cause instanceof ServerRefusal && cause.status === 404;
    throw isGone ? new FileUnavailable(`${path} was removed.`, { cause }) : cause;
  }
  if (placed.status === "rejected") throw placed.reason;
  if (length !== size || hash.digest("hex") !== sha256) {
    throw otherBytes(path);
  }
}

const otherBytes = (path: string) => new FileUnavailable(`${path} has other bytes.`);
