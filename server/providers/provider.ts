import type { Hono } from "hono";
import type { Logger } from "pino";
import type { LaunchFile } from "../../protocol/registration.ts";
import type { Queries } from "../database/database.ts";
import type { DataFolder } from "../settings/data-folder.ts";
import type { ProviderChoice } from "../settings/settings.ts";
import type { Storage } from "../storage/storage.ts";
import type { Compute } from "./compute.ts";
import type { FleetPolicy } from "./policy.ts";

/**
 * A provider of machines: a folder beside this file whose `index.ts` exports one, and a line in `registry.ts`.
 * `configure` reads the variables that are its own.
 */
export type Provider = ProviderChoice<ConfiguredProvider>;

/** A provider with its settings read. Its SDK is loaded by `createCompute`, so that other servers do not pay for it. */
export interface ConfiguredProvider {
  /** Its value of DEFERRED_COMPUTE. */
  readonly name: string;
  /**
   * Whether machines run on the server's own host: they call the server over loopback, and their sandbox is the
   * host's.
   */
  readonly sharesHost: boolean;
  readonly policy: FleetPolicy;
  /** Entries of a launch file that depend on the provider. */
  readonly launchFacts: Pick<LaunchFile, "unreachable_s" | "interruption">;
  createCompute(deps: ComputeDeps): Promise<Compute>;
  /** Routes from which its machines load what they need; absent: they need nothing. */
  downloads?(deps: DownloadDeps): Promise<Hono>;
}

export interface ComputeDeps {
  queries: Queries;
  folder: DataFolder;
  /** The server's public URL. */
  url: string;
  launchFile: (launchId: string) => LaunchFile;
  /** The command that starts a responder on this host. */
  responder: { command: string; args: string[] };
  log: Logger;
  /** Pauses of retried requests that differ from the provider's own. */
  pace?: Partial<RequestPace> | undefined;
}

/** How long a provider's API is retried. */
export interface RequestPace {
  /** Milliseconds before the first retry; doubled before each further one. */
  firstMs: number;
  mostMs: number;
  /** Milliseconds after which the last failure is final. */
  limitMs: number;
}

export interface DownloadDeps {
  /** The responder as one file. */
  bundle: string;
  folder: DataFolder;
  log: Logger;
  now: () => number;
  /** Object storage that machines may read without the server; absent: there is none. */
  objects: { storage: Storage; publicUrl: string } | undefined;
}
