import { ApiError } from "../../protocol/deferred-error.ts";
import { storageKeys } from "../../protocol/paths.ts";
import { shownDocument } from "../../protocol/artifacts.ts";
import type { Artifact } from "../../protocol/run.ts";
import type { Queries } from "../database/database.ts";
import { fromJson } from "../database/json.ts";
import type { Storage } from "../storage/storage.ts";
import { findRun } from "./lookup.ts";
import { resultKey, type Results } from "./results.ts";
import { runUrls, type Addresses } from "./view.ts";

/** For how long the address of a private file is valid. */
const PRIVATE_READ_S = 300;

export interface ResultLinksDeps {
  queries: Queries;
  storage: Storage;
  addresses: Addresses;
  results: Pick<Results, "ensure">;
}

/** The addresses of results and artifacts: a lasting address, or a signed one where they are private. */
export function createResultLinks({ queries, storage, addresses, results }: ResultLinksDeps) {
  return {
    /** Throws `run_not_finished` before there is a result. */
    async resultUrl(id: string): Promise<string> {
      const row = await findRun(queries, id);
      if (row.ended_at === null) {
        throw new ApiError("run_not_finished", `It is ${row.state}.`, { retryAfterS: 1 });
      }
      if (!(await results.ensure(row))) {
        const why = "It has ended; its result is still to be stored.";
        throw new ApiError("run_not_finished", why, { retryAfterS: 5 });
      }
      if (row.kind === "block") return runUrls(addresses, row).result_url;
      return storage.presignGet(resultKey(row), PRIVATE_READ_S, "person");
    },

    /** Why the result of a run is not in storage. */
    async whyMissing(id: string): Promise<ApiError> {
      try {
        const row = await findRun(queries, id);
        if (row.ended_at !== null) return new ApiError("file_not_found");
        return new ApiError("run_not_finished", `It is ${row.state}.`, { retryAfterS: 1 });
      } catch (error) {
        if (error instanceof ApiError) return error;
        throw error;
      }
    },

    /** Of a command run. Throws `file_not_found`. */
    async artifactUrl(id: string, attempt: number, name: string): Promise<string> {
      const row = await findRun(queries, id);
      const ending = fromJson(row.ending);
      const left = ending?.attempt === attempt && ending.artifacts.some((one) => one.name === name);
      if (row.kind === "block" || !left) throw new ApiError("file_not_found");
      const key = storageKeys.privateArtifact(id, attempt, name);
      return storage.presignGet(key, PRIVATE_READ_S, "person");
    },

    /**
     * Opens the first artifact of the type that a block's `show` names. Throws `file_not_found` for blocks that
     * show no document, and where there is none.
     */
    async openDocument(id: string): Promise<OpenDocument> {
      const row = await findRun(queries, id);
      const ending = fromJson(row.ending);
      const work = fromJson(row.work);
      const artifact =
        work.kind === "block" ? shownDocument(work.show, ending?.artifacts ?? []) : undefined;
      if (!ending || !artifact) throw new ApiError("file_not_found");
      return {
        artifact,
        read: () => storage.read(storageKeys.artifact(id, ending.attempt, artifact.name)),
      };
    },
  };
}

export interface OpenDocument {
  artifact: Artifact;
  /** Undefined: it is not stored any more. */
  read: () => Promise<ReadableStream<Uint8Array> | undefined>;
}
