import { CommandRefusal } from "../../../responder/project-file/refusal.ts";
import { parseProjectFile } from "../../../responder/project-file/parse.ts";

/** What is said about a file. */
export function mistakesIn(text: string): string[] {
  try {
    parseProjectFile(text);
    return [];
  } catch (error) {
    if (error instanceof CommandRefusal && error.code === "file_invalid") {
      return error.message.split("\n");
    }
    throw error;
  }
}
