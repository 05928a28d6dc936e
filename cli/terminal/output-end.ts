import { EXIT } from "../command/exit-codes.ts";
import { onWriteError, printError } from "./print.ts";

/**
 * Whoever reads the output may leave before its end, as head does. That is taken as Ctrl-C is: what a command
 * would cancel or drain then, it does; any other ends at once, as SIGPIPE ends other programs.
 */
export function endWithReader(): void {
  let ending = false;
  onWriteError((code) => {
    // What is written after it fails as well.
    if (ending) return;
    ending = true;
    const left = code === "EPIPE";
    if (!left) printError(`the output can't be written (${code})`);
    if (process.emit("SIGINT", "SIGINT")) return;
    process.exit(left ? EXIT.unread : EXIT.failed);
  });
}
