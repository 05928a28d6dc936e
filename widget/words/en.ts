import type { PageWords } from "./words.ts";

/** English before a press. The words from the press on are in en-run.ts, which loads with the run part. */
export const english: PageWords = {
  run: "Run",
  stop: "Stop",
  named: (text, block) => `${text}: ${block}`,
  block: "Runnable code",
  waiting: "Waiting…",
  offline: "This device is offline.",
  unreachable: "The server can’t be reached.",
  tryingAgain: "Trying again; the request is kept.",
  canceled: "The run was canceled.",
};
