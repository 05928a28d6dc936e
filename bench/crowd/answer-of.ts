import type { ChildProcess } from "node:child_process";

/** Resolves with the next message of a process. Rejects if it ends without a message. */
export function answerOf<Answer>(process: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error("The readers' process ended."));
    process.once("exit", ended);
    process.once("message", (answer) => {
      process.off("exit", ended);
      resolve(answer as Answer);
    });
  });
}
