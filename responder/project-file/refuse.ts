import { CommandRefusal } from "./refusal.ts";

/** A mistake in a line and what to write instead; without a full stop. */
export interface Mistake {
  readonly line: number;
  readonly text: string;
}

/** A message may have 2,000 characters, some of them ours. */
const MAX_CHARACTERS = 1_800;

/** A refusal that names the mistakes in the order of their lines, as many as a detail holds. */
export function refusal(...mistakes: Mistake[]): CommandRefusal {
  const sorted = mistakes.toSorted((a, b) => a.line - b.line);
  const shown: string[] = [];
  let characters = 0;
  for (const { line, text } of sorted) {
    const said = `Line ${line}: ${text}.`;
    characters += said.length + 1;
    if (characters > MAX_CHARACTERS) break;
    shown.push(said);
  }
  const left = sorted.length - shown.length;
  if (left > 0) shown.push(`And ${left} more.`);
  return new CommandRefusal("file_invalid", shown.join("\n"));
}
