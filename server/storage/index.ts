import type { Hono } from "hono";
import type { Database } from "../database/database.ts";
import type { DataFolder } from "../settings/data-folder.ts";
import type { Settings } from "../settings/settings.ts";
import { createFsStorage } from "./fs.ts";
import { publicUrlOf } from "./public-url.ts";
import { storageRoutes, type StorageRoutesDeps } from "./routes.ts";
import type { Storage } from "./storage.ts";

export interface StorageDeps {
  settings: Pick<Settings, "storage" | "s3" | "resultsUrl">;
  folder: Pick<DataFolder, "storage">;
  database: Database;
  /** The server's URL for its responders, which upload to its disk. */
  responderUrl: string;
  /** The server's public URL. */
  url: string;
  /** Master key. It signs the addresses of uploads and reads on disk. */
  secret: string;
  now: () => number;
}

export interface StoragePart {
  storage: Storage;
  /** The base URL of results: the server's own, the bucket's, or what stands before it. */
  resultsUrl: string;
  /** The bucket is read without the server. */
  isRemote: boolean;
  /** Objects on the server's own disk: also with a bucket, for what was stored before. */
  routes(whyResultMissing: StorageRoutesDeps["whyResultMissing"]): Hono;
}

/** Where results and artifacts are kept: the server's own disk, or a bucket. */
export async function createStoragePart(deps: StorageDeps): Promise<StoragePart> {
  const { settings, folder, database, responderUrl: uploadUrl, url, secret, now } = deps;
  const onDisk = createFsStorage({
    folder: folder.storage,
    database,
    uploadUrl,
    url,
    secret,
    now,
  });
  const isRemote = settings.storage === "s3";
  return {
    storage: isRemote ? await createRemote(settings.s3, onDisk) : onDisk,
    resultsUrl: settings.resultsUrl ?? (isRemote ? publicUrlOf(settings.s3) : url),
    isRemote,
    routes: (whyResultMissing) => storageRoutes(onDisk, { url, whyResultMissing }),
  };
}

/** A bucket. What was stored on disk before is still served, so it is removed with what the bucket has. */
async function createRemote(s3: Settings["s3"], onDisk: Storage): Promise<Storage> {
  // Loaded on demand: the AWS SDK is a sixth of the processor time of a start.
  const { createS3Storage } = await import("./s3.ts");
  const bucket = createS3Storage(s3);
  return {
    ...bucket,
    async remove(prefix) {
      await onDisk.remove(prefix);
      await bucket.remove(prefix);
    },
  };
}
