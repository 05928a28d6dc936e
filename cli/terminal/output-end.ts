import { EXIT } from "../errors/exit-codes.ts";
import { onWriteError, printError } from "./print.ts";

/**
 * Ends the command when the reader of its output closes early, as head does. A command that handles Ctrl-C cancels
 * or drains as for Ctrl-C; any other ends at once, as SIGPIPE ends other programs.
 */
export function endWithReader(): void {
  let ending = false;
  onWriteError((code) => {
    // Later writes fail as well.
    if (ending) return;
    ending = true;
    const left = code === "EPIPE";
    if (!left) printError(`the output can't be written (${code})`);
    if (process.emit("SIGINT", "SIGINT")) return;
    process.exit(left ? EXIT.unread : EXIT.failed);
  });
}
