import { DeferredError } from "../../protocol/deferred-error.ts";
import type { ReasonCode } from "../../protocol/errors.ts";
import type { LaunchFile } from "../../protocol/registration.ts";

/** A machine to be started. The same spec may be launched again and starts nothing twice. */
export interface LaunchSpec {
  launchId: string;
  pool: string;
  /** Whose work asked for it; the first that waited, in the shared pool. */
  project: string;
  launchFile: LaunchFile;
  /** The offer that was last put on record for this launch, by a server before this one; 1 at first. */
  firstOffer: number;
  /** Called before an offer is asked for, which waits until it is on record. */
  onOffer(offer: Offer): Promise<void>;
}

/** One way to get a machine, of those a provider tries one after another. */
export interface Offer {
  /** Counts from 1. */
  number: number;
  of: number;
  /** For a reader: `spot t3.small in eu-west-1a`. */
  name: string;
  /** What is tried should this not be had, as a sentence; absent for the last. */
  next?: string;
}

/** Why a machine does not run, by its provider's word. */
export interface ProviderEnd {
  reason: ReasonCode;
  /** For whoever waits for it, as sentences. */
  said?: string;
}

/** A machine as its provider knows it. */
export interface ProvidedMachine {
  launchId: string;
  providerId: string;
  /** `running` includes everything on its way there, `stopped` everything on its way to that. */
  state: "running" | "stopped";
  /** It is known for certain, now, that it ended and does not come back. */
  over?: boolean;
  /** Where it failed. */
  end?: ProviderEnd;
  /** A stopped machine that was made by other settings than today's: it is not to be started again. */
  outdated?: boolean;
}

/** No machine could be launched. Its code is told to waiting runs, its message to operators. */
export class LaunchError extends DeferredError<ReasonCode> {
  override readonly name = "LaunchError";
  /** What waiting runs are told beside the code, as sentences. */
  readonly said: string | undefined;
  /** A stopped machine can't be started just now, and later it may: another is to be had meanwhile. */
  readonly later: boolean;
  constructor(
    code: ReasonCode,
    message: string,
    options: ErrorOptions & { said?: string | undefined; later?: boolean } = {},
  ) {
    super(code, message, options);
    this.said = options.said;
    this.later = options.later ?? false;
  }
}

/** A provider of machines. */
export interface Compute {
  readonly name: string;
  /** Whether machines are stopped, to be started again, where others are destroyed. */
  readonly restarts: boolean;
  /** Whether machines go on without the server that asked for them. */
  readonly outlivesServer: boolean;
  /**
   * Starts a new machine; resolves once the provider took the order, not when it has booted. Throws
   * `LaunchError`.
   */
  launch(spec: LaunchSpec): Promise<{ providerId: string }>;
  /** Starts a stopped machine again, also one that is still stopping. Throws `LaunchError`. */
  start(providerId: string): Promise<void>;
  /**
   * Every machine of this fleet that still exists, and those that failed a while ago. One that was launched within
   * the last minutes may be missing.
   */
  list(): Promise<ProvidedMachine[]>;
  /** Harmless where it is stopped or gone already. */
  stop(providerId: string): Promise<void>;
  /** Removes a machine and everything on it. Harmless where it is gone already. */
  destroy(providerId: string): Promise<void>;
  /** A number that changes as long as the machine does anything; undefined where it is gone. */
  activity?(providerId: string): Promise<number | undefined>;
  /** The last line that a machine wrote to its console, if the provider has it. */
  lastConsoleLine?(providerId: string): Promise<string | undefined>;
  /** Calls `listener` as machines end by themselves; without it, their ends are found by `list`. */
  onEnd?(listener: (end: EndedMachine) => void): void;
}

/** A machine that ended by itself, and why as far as is known. */
export interface EndedMachine {
  launchId: string;
  reason: "idle" | "sandbox_missing" | "boot_failed" | "machine_gone";
  /** For operators. */
  detail: string;
}
