import { pino, type Logger } from "pino";
import pretty from "pino-pretty";
import { logOptions } from "../server/logs/log.ts";

/** Log lines for the person at a terminal; everywhere else they are JSON, for programs. */
export function terminalLog(level: string): Logger {
  return pino(
    logOptions(level),
    pretty({
      destination: 2,
      sync: true,
      translateTime: "SYS:HH:MM:ss",
      ignore: "pid,hostname",
      singleLine: true,
      colorize: process.stderr.isTTY && !process.env["NO_COLOR"],
    }),
  );
}
