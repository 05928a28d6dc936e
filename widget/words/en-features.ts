import type { FeatureWords } from "./words.ts";

export const englishFeatures: FeatureWords = {
  recorded: "Recorded by the author.",
  runAgain: "Run again",
  edit: "Edit",
  pressAgain: (button) => `The server can’t be reached. Press ${button} again.`,
  mayReach: (hosts) => `May reach ${hosts}`,
  internet: "the internet",
};
