import { DeferredError } from "../../protocol/deferred-error.ts";
import type { ReasonCode } from "../../protocol/errors.ts";
import type { LaunchFile } from "../../protocol/registration.ts";

/** A machine to launch. Idempotent: the same spec starts nothing twice. */
export interface LaunchSpec {
  launchId: string;
  pool: string;
  /** The project that pays; in the shared pool that of the first waiting run. */
  project: string;
  launchFile: LaunchFile;
  /** The offer to begin with: the last that an earlier server recorded, else 1. */
  firstOffer: number;
  /** Records an offer; awaited before the offer is requested. */
  onOffer(offer: Offer): Promise<void>;
}

/** One of the ways to get a machine that a provider tries in order. */
export interface Offer {
  /** Counts from 1. */
  number: number;
  of: number;
  /** For a reader: `spot t3.small in eu-west-1a`. */
  name: string;
  /** The next attempt should this one fail, as a sentence; absent for the last. */
  next?: string;
}

/** Why a machine does not run, as its provider says. */
export interface ProviderEnd {
  reason: ReasonCode;
  /** Facts for waiting readers, as sentences. */
  said?: string;
}

/** A machine as its provider knows it. */
export interface ProvidedMachine {
  launchId: string;
  providerId: string;
  /** `running` includes everything on its way there, `stopped` everything on its way to that. */
  state: "running" | "stopped";
  /** It has certainly ended and does not come back. */
  over?: boolean;
  /** Where it failed. */
  end?: ProviderEnd;
  /** Stopped, and made by other settings than today's: it is not started again. */
  outdated?: boolean;
}

/** No machine could be launched. Its code is told to waiting runs, its message to operators. */
export class LaunchError extends DeferredError<ReasonCode> {
  override readonly name = "LaunchError";
  /** What waiting runs are told beside the code, as sentences. */
  readonly said: string | undefined;
  /** A stopped machine can't be started just now; another one replaces it meanwhile. */
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
  /** Whether stopped machines can be started again; else `stop` destroys them. */
  readonly restarts: boolean;
  /** Whether machines go on without the server that launched them. */
  readonly outlivesServer: boolean;
  /** Launches a machine; resolves once the provider accepted the request, before the boot. Throws `LaunchError`. */
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
