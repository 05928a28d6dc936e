import { Writable } from "node:stream";
import { pino, type Logger } from "pino";
import pretty from "pino-pretty";
import { logOptions } from "../server/logs/log.ts";
import { terminalFilter } from "./run/terminal-text.ts";

/** Log lines for the person at a terminal; everywhere else they are JSON, for programs. */
export function terminalLog(level: string): Logger {
  // What strangers sent may stand in any of them: no line may do anything to the terminal.
  const filter = terminalFilter();
  const destination = new Writable({
    // Written at once: at a terminal, process.stderr does not wait.
    write(text: Buffer, _encoding, done) {
      process.stderr.write(filter(text.toString()), done);
    },
  });
  return pino(
    logOptions(level),
    pretty({
      destination,
      translateTime: "SYS:HH:MM:ss",
      ignore: "pid,hostname",
      singleLine: true,
      colorize: process.stderr.isTTY && !process.env["NO_COLOR"],
    }),
  );
}
