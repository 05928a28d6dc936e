import { CliError } from "../errors/cli-error.ts";
import { askAtTerminal } from "./print.ts";

export interface Confirmation {
  /** What asks, as the subject of a sentence. */
  doing: string;
  /** The message for another answer. */
  undone: string;
  /** The answer that confirms. Default: `yes`. */
  answer?: string;
}

const REVOKING: Confirmation = { doing: "revoking", undone: "nothing was revoked" };

/** Asks before something that can't be undone. Throws `CliError` unless the answer is as it has to be. */
export async function confirm(
  question: string,
  { doing, undone, answer = "yes" }: Confirmation = REVOKING,
): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new CliError(`${doing} asks for a confirmation, and nobody can answer here`, {
      hint: "add --yes",
    });
  }
  const typed = await askAtTerminal(`${question} Type ${answer}:`);
  if (typed.trim() !== answer) throw new CliError(undone);
}
