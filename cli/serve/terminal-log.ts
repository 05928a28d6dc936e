import { Writable } from "node:stream";
import { pino, type Logger } from "pino";
import pretty from "pino-pretty";
import { logOptions } from "../../server/main.ts";
import { isTerminal, printLog } from "../terminal/print.ts";

/** Log lines for the person at a terminal; everywhere else they are JSON, for programs. */
export function terminalLog(level: string): Logger {
  const destination = new Writable({
    // Written at once: at a terminal, standard error does not wait.
    write: (text: Buffer, _encoding, done) => printLog(text.toString(), done),
  });
  const lines = pretty({
    destination,
    translateTime: "SYS:HH:MM:ss",
    ignore: "pid,hostname",
    singleLine: true,
    colorize: isTerminal("stderr") && !process.env["NO_COLOR"],
  });
  return pino(logOptions(level), { write: (line) => void lines.write(withoutEscapes(line)) });
}

/** A line of JSON without the escape characters in its strings: all colours are to be ours. */
function withoutEscapes(line: string): string {
  return line.replace(/\\(u001[bB]|.)/g, (pair, escaped) => (escaped.length > 1 ? "" : pair));
}
