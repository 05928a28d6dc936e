import { write, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const STDERR = 2;
/** Maximum characters that are buffered for a slow reader. */
const MAX_CHARACTERS = 2 ** 20;
const writeSome = promisify(write);

/**
 * The destination of log lines. On a full disk it drops lines and later logs how many. The log library's own
 * destination would end the process, or keep it from ending.
 */
export function standardError() {
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
      return (await writeSome(STDERR, text, from)).bytesWritten;
    } catch (error) {
      // EAGAIN: the reader of the pipe is slow.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      await sleep(50);
      return 0;
    }
  }

  process.on("exit", () => {
    if (waiting.length === 0) return;
    try {
      writeSync(STDERR, take());
    } catch {
      // The reader has closed the pipe.
    }
  });

  return {
    write(line: string): void {
      if (characters > MAX_CHARACTERS) {
        lost++;
        return;
      }
      waiting.push(line);
      characters += line.length;
      writing ??= drain();
    },
  };
}
