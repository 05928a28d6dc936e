import type { EditorWords } from "./words.ts";

/** English of the editor. */
export const englishEditor: EditorWords = {
  code: "Code",
  restore: "Restore",
  undoRestore: "Undo restore",
  changed: "Changed by you",
  keys: (command) => `Tab indents. Escape leaves the editor. ${command}+Enter runs.`,
  resultOf: {
    change: "Result of the code as you changed it.",
    otherChange: "Result of an earlier change of yours, not of the code above.",
    author: "Result of the author’s code, without your changes.",
  },
};
