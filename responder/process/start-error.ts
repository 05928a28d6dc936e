/** Exit codes of a responder. */
export const RESPONDER_EXIT = {
  /** It left because there was nothing to do, or was told to. */
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

/** Why a responder can't go on, with what a person may do about it. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly hint: string;
  readonly exitCode: number;

  constructor(message: string, hint: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}
