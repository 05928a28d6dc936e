import { write, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** Lines wait for a reader that is slow, up to this. */
const MOST_CHARACTERS = 2 ** 20;
const writeSome = promisify(write);

/**
 * Where log lines go. A disk that is full costs lines and says so later; it neither ends the process nor
 * keeps it from ending, both of which the log library's own destination does then.
 */
export function standardError(fd = 2) {
  let waiting: string[] = [];
  let characters = 0;
  let lost = 0;
  let writing: Promise<void> | undefined;

  function take(): Buffer {
    const lines = waiting.join("");
    // The line before may have been cut short.
    const gap =
      lost === 0 ? "" : `\n${JSON.stringify({ level: 50, msg: "log lines were lost", lost })}\n`;
    waiting = [];
    characters = 0;
    return Buffer.from(gap + lines);
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting.length;
      const text = take();
      try {
        for (let at = 0; at < text.length;) at += await some(text, at);
        lost = 0;
      } catch {
        lost += lines;
      }
    }
    writing = undefined;
  }

  async function some(text: Buffer, from: number): Promise<number> {
    try {
      return (await writeSome(fd, text, from)).bytesWritten;
    } catch (error) {
      // A pipe whose reader is slow.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      await sleep(50);
      return 0;
    }
  }

  process.on("exit", () => {
    if (waiting.length === 0) return;
    try {
      writeSync(fd, take());
    } catch {
      // Its reader is gone.
    }
  });

  return {
    write(line: string): void {
      if (characters > MOST_CHARACTERS) {
        lost++;
        return;
      }
      waiting.push(line);
      characters += line.length;
      writing ??= drain();
    },
  };
}
