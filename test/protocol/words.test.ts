import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { RUN_STATES } from "../../protocol/run.ts";
import { STATE_MARKS } from "../../protocol/state-marks.ts";
import {
  ago,
  duration,
  exitSentence,
  exitWords,
  fileSize,
  positionWords,
  refWords,
  STATE_WORDS,
  usualWords,
  wakingWords,
} from "../../protocol/words.ts";

test("durations are short, with at most two units", () => {
  const seconds = [0, 0.001, 0.023, 0.44, 9.96, 59.6, 72, 3600, 7500, 90_000, 90 * 86_400];
  expect(seconds.map(duration)).toEqual([
    "0.0 s",
    "0.01 s",
    "0.02 s",
    "0.4 s",
    "10 s",
    "1 min",
    "1 min 12 s",
    "1 h",
    "2 h 5 min",
    "1 d 1 h",
    "90 d",
  ]);
});

test("an age is in the unit a person would use, and never rounded up", () => {
  const day = 86_400;
  expect([0, 59.9, 60, 3_599, 5_400, day - 1, day, 47 * 3_600, 2 * day, 20 * day].map(ago)).toEqual(
    [
      "0 s ago",
      "59 s ago",
      "1 min ago",
      "59 min ago",
      "1 h ago",
      "23 h ago",
      "1 day ago",
      "1 day ago",
      "2 days ago",
      "20 days ago",
    ],
  );
});

test("sizes count in thousands", () => {
  expect([512, 999, 12_345, 1_440_000].map(fileSize)).toEqual([
    "512 B",
    "999 B",
    "12 kB",
    "1.4 MB",
  ]);
});

test("an end names its exit status or signal; a run that was stopped has neither", () => {
  const over = (exit_code: number | null, signal: string | null, ran_s?: number) => ({
    exit_code,
    signal,
    times: { queued: "", ended: "", ran_s },
  });
  expect(exitSentence("Ended", over(3, null, 0.42))).toBe("Ended with exit status 3 after 0.4 s.");
  expect(exitSentence("Ended", over(null, "SIGSEGV"))).toBe("Ended by signal SIGSEGV.");
  expect(exitSentence("Failed", over(null, null, 2))).toBe("Failed after 2.0 s.");
  expect([over(0, null), over(null, "SIGKILL"), over(null, null)].map(exitWords)).toEqual([
    "exit status 0",
    "signal SIGKILL",
    "stopped",
  ]);
});

test("a wake names its phase and step, how long it usually takes, and what is tried next", () => {
  const usual = { p50_s: 14, p90_s: 22, wakes: 9 };
  const step = { number: 3, of: 5, name: "installing Ruby" };
  const next = "Another is started once.";
  expect(wakingWords({ phase: "setting_up", step, usual, next }, 1)).toBe(
    "Setting up 3/5: installing Ruby. This usually takes 14 to 22 s. Another is started once.",
  );
  expect(wakingWords({ phase: "booting" }, 1)).toBe("Booting.");
  expect(usualWords({ p50_s: 50, p90_s: 72, wakes: 1 }, 0)).toBe(
    "This usually takes 50 s to 1 min 12 s.",
  );
  expect(usualWords({ p50_s: 14, p90_s: 14, wakes: 1 }, 0)).toBe("This usually takes 14 s.");
  expect(usualWords(usual, 15)).toBe("Longer than usual; 9 in 10 wakes take 22 s or less.");
  expect(usualWords(usual, 23)).toBe("Still waking: longer than 9 in 10 wakes.");
});

test("a place in line and a ref are named for people", () => {
  expect([1, 4].map(positionWords)).toEqual(["Next in line.", "Number 4 in line."]);
  const refs = ["heads/topic/a", "tags/v1", "pull/12/head", "merge-requests/3/head", "notes/x"];
  expect(refs.map((ref) => refWords(`refs/${ref}`))).toEqual([
    "topic/a",
    "tag v1",
    "pull request 12",
    "merge request 3",
    "refs/notes/x",
  ]);
});

test("each state has a word and a mark of its own", () => {
  expect(Object.keys(STATE_WORDS)).toEqual(RUN_STATES);
  expect(new Set(Object.values(STATE_WORDS)).size).toBe(RUN_STATES.length);
  expect(new Set(Object.values(STATE_MARKS)).size).toBe(RUN_STATES.length);
});

test("the marks and the words of states are written once", () => {
  const others = globSync("{widget,server,cli,responder}/**/*.ts").filter((file) => {
    const text = readFileSync(file, "utf8");
    return text.includes(STATE_MARKS.succeeded) || text.includes('"Timed out"');
  });
  expect(others).toEqual([]);
});
