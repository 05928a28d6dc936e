import { EXIT } from "./exit-codes.ts";

/**
 * Whoever reads the output may leave before its end, as head does. That is taken as Ctrl-C is: what a command
 * would cancel or drain then, it does; any other ends at once, as SIGPIPE ends other programs.
 */
export function endWithReader(): void {
  let ending = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", ({ code }: NodeJS.ErrnoException) => {
      // What is written after it fails as well.
      if (ending) return;
      ending = true;
      const left = code === "EPIPE";
      if (!left) process.stderr.write(`error: the output can't be written (${code})\n`);
      if (process.emit("SIGINT", "SIGINT")) return;
      process.exit(left ? EXIT.unread : EXIT.failed);
    });
  }
}
