import { fromJson } from "../database/json.ts";
import type { InferOutput } from "valibot";
import { paths, storageKeys } from "../../protocol/paths.ts";
import type { ManifestAnswerSchema, ManifestEntry } from "../../protocol/responder.ts";
import type { Artifact } from "../../protocol/run.ts";
import { OUTPUT_FILES } from "../../protocol/output-files.ts";
import { MAX_OUTPUT_FILE_BYTES } from "../../protocol/sizes.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Storage } from "../storage/storage.ts";
import type { RunRow } from "./record.ts";
import type { Addresses } from "./view.ts";

/** An upload has to begin within this time of its announcement. */
const UPLOAD_EXPIRES_S = 300;
/** Bytes of a storage key: S3 takes no longer one. */
const MAX_KEY_BYTES = 1024;

/**
 * Characters refused in a name: line ends, backslashes (a folder separator elsewhere) and marks that
 * reverse the text after them.
 */
const UNPLAIN = /[\p{Cc}\\\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

/** The files that one attempt leaves. */
export interface Manifest {
  run: Pick<RunRow, "id" | "kind">;
  attempt: number;
  artifacts: ManifestEntry[];
}

/**
 * Throws `body_invalid` for invalid names, and `body_too_large` for more than the run's limits allow an
 * attempt to upload.
 */
export function checkManifest({
  run,
  attempt,
  artifacts,
}: Manifest & { run: Pick<RunRow, "work"> }) {
  refuseClashes(artifacts);
  for (const { name } of artifacts) artifactKey(run, attempt, name);
  const { limits } = fromJson(run.work);
  // Output past its limit is stored beside the program's own artifacts.
  const output = artifacts.find(({ name }) => (OUTPUT_FILES as readonly string[]).includes(name));
  const spared = Math.min(output?.size ?? 0, MAX_OUTPUT_FILE_BYTES);
  const bytes = artifacts.reduce((sum, { size }) => sum + size, 0) - spared;
  if (bytes <= limits.artifacts_mb * 2 ** 20) return;
  throw new ApiError("body_too_large", `artifacts: ${limits.artifacts_mb} MiB at most.`);
}

/** Creates one upload for each file of a checked manifest, in its order. */
export async function announceUploads(
  storage: Storage,
  { run, attempt, artifacts }: Manifest,
): Promise<InferOutput<typeof ManifestAnswerSchema>> {
  const uploads = artifacts.map((entry) =>
    storage.presignPut(artifactKey(run, attempt, entry.name), entry, UPLOAD_EXPIRES_S),
  );
  return { uploads: await Promise.all(uploads) };
}

/**
 * The announced files with the size and digest that storage reports. Throws `upload_refused` where they
 * differ.
 */
export async function storedArtifacts(
  storage: Storage,
  addresses: Addresses,
  { run, attempt, artifacts }: Manifest,
): Promise<Artifact[]> {
  refuseClashes(artifacts);
  const urlOf = (name: string, key: string) =>
    run.kind === "command"
      ? addresses.url + paths.runArtifact(run.id, attempt, name)
      : `${addresses.resultsUrl}/${key}`;
  return Promise.all(
    artifacts.map(async ({ name, type, size, sha256 }) => {
      const key = artifactKey(run, attempt, name);
      const stored = await storage.stat(key);
      const agrees =
        stored?.size === size && stored.type === type && (stored.sha256 ?? sha256) === sha256;
      if (!agrees) throw new ApiError("upload_refused", `${name} is not what was announced.`);
      return { name, type, size, sha256, url: urlOf(name, key) };
    }),
  );
}

/** No file system holds two files of one name, or a file that is also a folder. */
function refuseClashes(artifacts: readonly ManifestEntry[]): void {
  const names = new Set<string>();
  for (const { name } of artifacts) {
    if (names.has(name)) throw refused(name, "it is there twice");
    names.add(name);
  }
  for (const name of names) {
    for (let end = name.indexOf("/"); end >= 0; end = name.indexOf("/", end + 1)) {
      if (names.has(name.slice(0, end))) throw refused(name, "its folder is a file");
    }
  }
}

/** Names come from a machine: a name that leaves the attempt's folder is refused. */
function artifactKey(run: Manifest["run"], attempt: number, name: string): string {
  const outside = name.split("/").some((part) => part === "" || part === "." || part === "..");
  if (outside) throw refused(name, "it may not leave its folder");
  if (!name.isWellFormed() || UNPLAIN.test(name)) {
    throw refused(name, "it holds a character that no name may hold");
  }
  const place = run.kind === "command" ? storageKeys.privateArtifact : storageKeys.artifact;
  const key = place(run.id, attempt, name);
  if (key.length > MAX_KEY_BYTES) throw refused(name, "it is too long");
  return key;
}

function refused(name: string, why: string): ApiError {
  return new ApiError("body_invalid", `artifacts: ${JSON.stringify(name)}: ${why}.`);
}
