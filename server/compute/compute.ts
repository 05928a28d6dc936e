import type { LaunchFile } from "../../protocol/responder.ts";

/** A machine to be started. The same spec may be launched again and starts nothing twice. */
export interface LaunchSpec {
  launchId: string;
  pool: string;
  launchFile: LaunchFile;
}

/** A machine as its provider knows it. */
export interface ProvidedMachine {
  launchId: string;
  providerId: string;
  /** `running` includes everything on its way there. */
  state: "running" | "stopped";
}

/** A provider of machines. */
export interface Compute {
  readonly name: string;
  /** Whether a machine that was stopped can be started again. */
  readonly restarts: boolean;
  /** Starts a new machine; resolves once the provider took the order, not when it has booted. */
  launch(spec: LaunchSpec): Promise<{ providerId: string }>;
  /** Starts a stopped machine again. */
  start(providerId: string): Promise<void>;
  /** Every machine of this fleet that still exists. */
  list(): Promise<ProvidedMachine[]>;
  stop(providerId: string): Promise<void>;
  /** Removes a machine and everything on it. Harmless where it is gone already. */
  destroy(providerId: string): Promise<void>;
}
