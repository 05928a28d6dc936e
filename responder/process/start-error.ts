import { DeferredError } from "../../protocol/deferred-error.ts";

/** Exit codes of a responder. */
export const RESPONDER_EXIT = {
  /** It was idle, or was told to leave. */
  left: 0,
  /** It was started wrongly. */
  usage: 2,
  /** There is no working sandbox here. */
  noSandbox: 3,
  /** The server could not be reached for too long. */
  unreachable: 4,
  /** The server refuses this launch. */
  refused: 5,
  /** The server speaks another version: its own bundle has to take this one's place. */
  outdated: 6,
} as const;

/** Why a responder can't start or continue, with what a person can do about it. */
export class StartError extends DeferredError {
  override readonly name = "StartError";
  readonly hint: string;
  readonly exitCode: number;

  constructor(message: string, hint: string, exitCode: number, options?: ErrorOptions) {
    super("responder_start_failed", message, options);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}
