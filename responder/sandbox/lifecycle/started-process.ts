import type { Socket } from "node:net";

/** A process that was just started, as its way of starting describes it. */
export interface StartedProcess {
  /** Where its interpreter says that it waits, and takes its work. */
  readonly control: Socket;
  /** Resolves with the first text on its status channel; absent: it has none. */
  readonly reported?: Promise<string>;
  readonly exited: Promise<ExitedProcess>;
  kill(): void;
  /** Releases its channels, after its end. */
  close(): void;
}

export interface ExitedProcess {
  readonly code: number | null;
  readonly signal: string | null;
  /** Why it did not start. */
  readonly failure?: string | undefined;
  /** It was the last of its sandbox. */
  readonly wasLast?: true;
}
