import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { beginLine, endLine } from "./print.ts";

/** Asks for a line at the terminal without an echo. */
export async function askHidden(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // As a terminal it reads key by key and echoes to `output`, which drops it.
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // Only now: before, the terminal itself would echo.
  beginLine("stderr", question);
  try {
    return await new Promise<string>((resolve, reject) => {
      prompt.once("line", resolve);
      prompt.once("SIGINT", () => reject(canceled()));
      prompt.once("close", () => reject(canceled()));
    });
  } finally {
    prompt.close();
    endLine("stderr");
  }
}

function canceled(): CliError {
  return new CliError("nothing was entered", { exitCode: EXIT.canceled });
}
