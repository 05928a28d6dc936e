import { createInterface } from "node:readline/promises";
import { CliError } from "./cli-error.ts";

/** Asks before something that can't be undone. Throws `CliError` unless the answer is yes. */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new CliError("revoking asks for a confirmation, and nobody can answer here", {
      hint: "add --yes",
    });
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`${question} Type yes: `);
  prompt.close();
  if (answer.trim() !== "yes") throw new CliError("nothing was revoked");
}
