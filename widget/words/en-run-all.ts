import type { RunAllWords } from "./words.ts";

/** English of the button that runs all blocks of a page. */
export const englishRunAll: RunAllWords = {
  runAll: "Run all",
  stop: "Stop",
  running: (number, of, name) => `Running ${number} of ${of}: ${name}`,
  done: (of) => `All ${of} succeeded.`,
  failed: (name, succeeded, of) => `Stopped at ${name}; ${succeeded} of ${of} succeeded.`,
  stopped: (succeeded, of) => `Stopped; ${succeeded} of ${of} succeeded.`,
  none: "There is no block to run here.",
  goTo: "Go to it",
};
