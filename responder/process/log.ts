import { writeSync } from "node:fs";

type LogFields = Record<string, string | number | boolean | null | undefined>;

/** Writes one line for an operator. Never given a program's output or a token. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
}

/** A log of JSON lines. */
export function jsonLog(write: (line: string) => void): Log {
  const line = (level: string) => (message: string, fields?: LogFields) =>
    write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
  return { info: line("info"), warn: line("warn") };
}

/** Ignores a full disk: losing log lines is better than losing runs. */
export function toStandardError(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // There is nowhere else to say so.
  }
}
