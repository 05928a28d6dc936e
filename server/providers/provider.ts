import type { Hono } from "hono";
import type { Logger } from "pino";
import type { MachineWish, Market } from "../../protocol/machines.ts";
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

/** A provider with its settings. Only `createCompute` loads its SDK, so that servers with another provider do not. */
export interface ConfiguredProvider {
  /** Its value of DEFERRED_COMPUTE. */
  readonly name: string;
  /**
   * Whether machines run on the server's own host, call it over loopback and share the host's sandbox.
   */
  readonly sharesHost: boolean;
  readonly policy: FleetPolicy;
  /** Absent: its machines are all alike and cost nothing. */
  readonly kinds?: MachineKinds;
  /** Entries of a launch file that depend on the provider, and on the market if a launch asks for one. */
  launchFacts(market?: Market): Pick<LaunchFile, "unreachable_s" | "interruption">;
  createCompute(deps: ComputeDeps): Promise<Compute>;
  /** Routes for the downloads of its machines; absent: they need none. */
  downloads?(deps: DownloadDeps): Promise<Hono>;
}

/** The kinds of machines that a provider has. */
export interface MachineKinds {
  /** The machines that its settings ask for. */
  defaults: Required<MachineWish>;
  /** Why it can't launch such a machine, as a sentence; undefined: it can. */
  refuse(wish: MachineWish): string | undefined;
  /** The price of an hour as the operator entered it; undefined: none was. */
  price(type: string, market: Market): number | undefined;
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

/** Timing of retries of a provider's API. */
export interface RequestPace {
  /** Milliseconds before the first retry; doubled before each further one. */
  firstMs: number;
  maxMs: number;
  /** Milliseconds after which no retry begins. */
  limitMs: number;
}

export interface DownloadDeps {
  /** The responder as one file. */
  bundle: string;
  folder: DataFolder;
  log: Logger;
  now: () => number;
  /** Object storage that machines can read directly; absent: there is none. */
  objects: { storage: Storage; publicUrl: string } | undefined;
}
