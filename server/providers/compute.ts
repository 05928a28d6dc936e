import { DeferredError } from "../../protocol/deferred-error.ts";
import type { MachineWish, Market } from "../../protocol/machines.ts";
import type { ReasonCode } from "../../protocol/reasons.ts";
import type { LaunchFile } from "../../protocol/registration.ts";

/** A machine to launch. Launching the same spec twice starts one machine. */
export interface LaunchSpec {
  launchId: string;
  pool: string;
  /** The project that is charged; in the shared pool, that of the first waiting run. */
  project: string;
  launchFile: LaunchFile;
  /** The runtime that the waiting run needs, as it names it; undefined: there is none, or a project's commands wait. */
  runtime?: string | undefined;
  /** Wins over the provider's settings. */
  wish?: MachineWish | undefined;
  /** The offer to begin with: the last one recorded before a restart, else 1. */
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
  type?: string;
  market?: Market;
  zone?: string;
}

/** A machine that its provider launched. */
export interface LaunchedMachine {
  providerId: string;
  zone?: string;
  image?: string;
}

/** The provider's reason why a machine does not run. */
export interface ProviderEnd {
  reason: ReasonCode;
  /** Facts for waiting readers, as sentences. */
  said?: string;
}

/** A machine as its provider knows it. */
export interface ProvidedMachine {
  launchId: string;
  providerId: string;
  /** `running` includes pending machines, `stopped` includes stopping ones. */
  state: "running" | "stopped";
  /** It has ended for good: it is terminated or its process is dead. */
  over?: boolean;
  /** Set if it failed. */
  end?: ProviderEnd;
  /** It is stopped and was made with other settings than the current ones, so it is not started again. */
  outdated?: boolean;
}

/** No machine could be launched. Waiting runs get its code, operators its message. */
export class LaunchError extends DeferredError<ReasonCode> {
  override readonly name = "LaunchError";
  /** Sentences that waiting runs get in addition to the code. */
  readonly said: string | undefined;
  /** A stopped machine can't be started now; another one is launched instead. */
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
  /** Whether machines keep running when the server stops. */
  readonly outlivesServer: boolean;
  /** Launches a machine; resolves once the provider accepted the request, before the boot. Throws `LaunchError`. */
  launch(spec: LaunchSpec): Promise<LaunchedMachine>;
  /** Starts a machine that is stopped or still stopping. Throws `LaunchError`. */
  start(providerId: string): Promise<void>;
  /**
   * Every machine of this fleet that exists or has failed recently. Eventually consistent: a machine that was launched
   * within the last minutes may be missing.
   */
  list(): Promise<ProvidedMachine[]>;
  /** Stops a machine. Idempotent, also for a machine that is gone. */
  stop(providerId: string): Promise<void>;
  /** Removes a machine and everything on it. Idempotent. */
  destroy(providerId: string): Promise<void>;
  /** A counter that changes while the machine is active; undefined if it is gone. */
  activity?(providerId: string): Promise<number | undefined>;
  /** The last line of the machine's console, if the provider has it. */
  lastConsoleLine?(providerId: string): Promise<string | undefined>;
  /** Calls `listener` when a machine ends by itself; without it, `list` finds such machines. */
  onEnd?(listener: (end: EndedMachine) => void): void;
}

/** A machine that ended by itself, with the reason if known. */
export interface EndedMachine {
  launchId: string;
  reason: "idle" | "sandbox_missing" | "boot_failed" | "machine_gone";
  /** For operators. */
  detail: string;
}
