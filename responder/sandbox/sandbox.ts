import type { Inputs } from "../../protocol/claims.ts";
import type { EffectiveLimits } from "../../protocol/limits.ts";
import type { DestinationRules } from "../network/destination.ts";
import type { InstalledRuntime } from "../runtimes/runtime.ts";
import type { OnOutput, SandboxResult } from "./result.ts";
import type { Workspace } from "./workspace.ts";
import type { Supervisor } from "./supervisor/supervisor.ts";

/** What one attempt executes. */
export interface BlockProgram {
  readonly code: string;
  readonly inputs: Inputs;
  readonly limits: EffectiveLimits;
}

/** A sandbox whose interpreter is up and waits for code. It serves one program and is then thrown away. */
export interface PreparedSandbox {
  readonly runtime: InstalledRuntime;
  /** Settles when the sandbox is gone, whether or not it was used. Never rejects. */
  readonly gone: Promise<void>;
  /**
   * Runs the program to its end, or until `signal` ends it at once. When it resolves every process of
   * the sandbox is dead. Never rejects: what goes wrong is an ending as well.
   */
  run(program: BlockProgram, onOutput: OnOutput, signal: AbortSignal): Promise<SandboxResult>;
  /** Descriptor of the working directory, good from the start until `discard`. */
  readonly folder: number;
  /** Kills what there is and gives everything back. */
  discard(): Promise<void>;
}

/** Time a project's commands have to clean up after TERM. */
export const COMMAND_GRACE_MS = 2_000;
/** Descriptors of theirs: databases and bundlers open thousands of files. */
export const COMMAND_DESCRIPTORS = 8_192;

/** Paths of a `Workspace` and its parts as commands see them. */
export interface Inside {
  readonly work: string;
  readonly home: string;
  readonly tmp: string;
  readonly services: string;
  readonly share: string;
  /** The responder's own Node. */
  readonly node: string;
}

/** What commands are executed in: a supervisor waits inside and does what it is told. */
export interface CommandSandbox {
  /**
   * Has `converse` say what is to be done and waits until every process of the sandbox is dead. What
   * `converse` answers is the exit status of all of it; where it throws, that is thrown unless a limit or
   * `signal` was the cause.
   */
  run(
    limits: EffectiveLimits,
    converse: (supervisor: Supervisor) => Promise<number>,
    onOutput: OnOutput,
    signal: AbortSignal,
  ): Promise<SandboxResult>;
  /** Settles when the sandbox is gone, whether or not it was used. Never rejects. */
  readonly gone: Promise<void>;
  /** Kills what there is. The place stays. */
  discard(): Promise<void>;
}

/** A way to isolate programs from the host and from each other. */
export interface Sandbox {
  readonly name: "bubblewrap" | "none";
  /** Paths of `place` inside its sandbox. */
  inside(workspace: Workspace): Inside;
  /** A place on disk for one attempt's commands. */
  makeWorkspace(): Workspace;
  /** Starts a sandbox around the place; resolves once its supervisor waits. Throws `SandboxError`. */
  enter(workspace: Workspace): Promise<CommandSandbox>;
  /** Once its sandbox was discarded. */
  removeWorkspace(workspace: Workspace): Promise<void>;
  /** Makes ready what all its sandboxes share; answers what it enforces here. Throws `StartError`. */
  probe(): Promise<string[]>;
  /**
   * Starts a sandbox ahead of need; resolves once its interpreter waits. With `network` it has a proxy that goes
   * where the rules allow, else nothing but a loopback of its own. Throws `SandboxError`.
   */
  prepare(runtime: InstalledRuntime, network?: DestinationRules): Promise<PreparedSandbox>;
  /** Discards every sandbox there still is and removes what `probe` made. */
  close(): Promise<void>;
}
