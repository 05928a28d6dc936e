import type { Readable } from "node:stream";
import type { Inputs } from "../../protocol/claims.ts";
import type { EffectiveLimits } from "../../protocol/limits.ts";
import type { BlockWork } from "../../protocol/responder.ts";
import type { DestinationRules } from "../network/destination.ts";
import type { InstalledRuntime } from "../runtimes/runtime.ts";
import type { OnOutput, SandboxResult } from "./result.ts";
import type { Workspace } from "./workspace.ts";
import type { Supervisor } from "./supervisor/supervisor.ts";

/** The code, inputs and limits of one attempt. */
export interface BlockProgram {
  readonly code: string;
  readonly inputs: Inputs;
  /** The inputs that are not passed as variables. */
  readonly passed_as?: BlockWork["passed_as"];
  readonly value?: BlockWork["value"];
  /** Files of its working directory, in base64. */
  readonly files?: BlockWork["files"];
  readonly limits: EffectiveLimits;
}

/** A sandbox whose interpreter is up and waits for code. It serves one program and is then thrown away. */
export interface PreparedSandbox {
  readonly runtime: InstalledRuntime;
  /** Settles when the sandbox is gone, whether or not it was used. Never rejects. */
  readonly gone: Promise<void>;
  /** Writes a file of the working directory, before the program runs. Rejects if the sandbox has ended. */
  place(path: string, size: number, bytes: Readable): Promise<void>;
  /**
   * Runs the program until it ends or `signal` aborts. Every process of the sandbox is dead when it resolves. Never
   * rejects: a failure is a result as well.
   */
  run(program: BlockProgram, onOutput: OnOutput, signal: AbortSignal): Promise<SandboxResult>;
  /** Descriptor of the working directory, good from the start until `discard`. */
  readonly folder: number;
  /** Kills all processes and releases every resource. */
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

/** A sandbox for commands, with a supervisor that waits inside and executes operations. */
export interface CommandSandbox {
  /**
   * Calls `converse` and resolves once every process of the sandbox is dead. `converse` resolves with the exit code of
   * the whole. Its error is thrown unless a limit or `signal` caused it.
   */
  run(
    limits: EffectiveLimits,
    converse: (supervisor: Supervisor) => Promise<number>,
    onOutput: OnOutput,
    signal: AbortSignal,
  ): Promise<SandboxResult>;
  /** Settles when the sandbox is gone, whether or not it was used. Never rejects. */
  readonly gone: Promise<void>;
  /** Kills all processes; the workspace stays. */
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
  /**
   * Prepares what all its sandboxes share, and starts one, of `first` if given, which the first `prepare` of that runtime
   * returns. Resolves with the features that it enforces here. Throws `StartError`.
   */
  probe(first?: InstalledRuntime): Promise<string[]>;
  /**
   * Starts a sandbox ahead of need; resolves once its interpreter waits. `network` opens a proxy with these rules;
   * without it there is only a loopback. Until `needed` resolves it starts with low priority. Throws `SandboxError`.
   */
  prepare(
    runtime: InstalledRuntime,
    network?: DestinationRules,
    needed?: Promise<void>,
  ): Promise<PreparedSandbox>;
  /** Discards all sandboxes and removes the files of `probe`. */
  close(): Promise<void>;
}
