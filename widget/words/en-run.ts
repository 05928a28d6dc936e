import { PROGRESS_WORDS } from "../../protocol/words.ts";
import type { PlainFormat } from "./plain-format.ts";
import { after, plainEnglish } from "./en-plain.ts";
import type { UnitSigns } from "./plain-format.ts";
import type { RunWords } from "./words.ts";

export const ENGLISH_UNITS: UnitSigns = { s: "s", min: "min", h: "h", d: "d" };

const limit = (kib: string) => `past the output limit of ${kib}\u00a0KiB`;

/** English from the press on. */
export function englishRun(format: PlainFormat): RunWords {
  const { number, plural } = format;
  const plain = plainEnglish(format);
  return {
    ...plain,
    waking: {
      state: PROGRESS_WORDS.waking,
      elsewhere: "Waiting for the same server",
      phase: {
        requested: "Asking for a server",
        starting: "Starting",
        booting: "Booting",
        setting_up: "Setting up",
        ready: "Ready",
      },
      step: (phase, step, of, name) => `${phase} ${step}/${of}: ${name}`,
      usual: (from, to) => `This usually takes ${from} to ${to}.`,
      usually: (time) => `This usually takes ${time}.`,
      left: (wait) => `About ${wait} left.`,
      leftOfMost: (wait) => `Longer than usual; most wakes take at most ${wait} more.`,
      longer: (most) => `Longer than usual; 9 in 10 wakes take ${most} or less.`,
      longest: "Still waking: longer than 9 in 10 wakes.",
    },
    stopping: "Stopping.",
    retrying: PROGRESS_WORDS.retrying,
    attempt: (attempt, of) => `${attempt} of ${of}`,
    retryIn: (wait) => `Trying again in ${wait}.`,
    retryNow: "Trying again now.",
    askIn: (wait) => `Trying again in ${wait}; the request is kept.`,
    place: (position) => (position === 1 ? "Next in line." : `Number ${number(position)} in line.`),
    notHeard: "Open this page again later to see the last run, or press Run for a new one.",
    notRun: "Not run.",
    ended: {
      ...plain.ended,
      signal: (signal, time) => `Ended by signal ${signal}${after(time)}.`,
      stopped: (time) => `Stopped${after(time)}.`,
    },
    limit: (figure) => `The limit is ${figure}; its author can sign a higher one.`,
    left: "You left the run.",
    goesOn: "It goes on for others who asked for it.",
    advice: {
      tryAgain: "The code is not to blame. Press Run to try again.",
      laterMachines:
        "The code is not to blame. Press Run in some minutes, when other machines have gone.",
      laterBudget: "The code is not to blame. There is machine time again after 00:00 UTC.",
      mayHaveRun: "It may have run in part. Press Run only if it does no harm to run it twice.",
      signAgain:
        "Running it again does not help: its author has to sign it for a runtime that this server has.",
      operator: "Running it again does not help until the server’s operator has mended that.",
    },
    stored: {
      age: (ago) => `Result of ${ago}.`,
      answers: "It was stored; Run again makes a new one.",
      until: "The last result is shown until the new one comes.",
      noNewer: "No newer result came.",
    },
    output: {
      ...plain.output,
      none: "The program printed nothing.",
      all: "All of it",
      unread: "What it printed can’t be read whole from here: the lasting result has it.",
      dropped: (size) => `${size} of earlier output left this page.`,
      droppedAndCut: (size, lost, kib) =>
        `${size} of earlier output left this page, and ${lost} were left out: ${limit(number(kib))}.`,
      cut: (size, kib) => `${size} left out here: ${limit(number(kib))}.`,
      first: (size) => `The first ${size} of it`,
      goToLine: "Show this line of the code",
      inSetUp: (line) =>
        `The error is in line ${line} of the set-up, which this page does not show.`,
      linesOffPaper: (count) =>
        `${number(count)} more ${plural(count, "line is", "lines are")} not printed: the lasting result has all of it.`,
      rowsOffPaper: (count) =>
        `${number(count)} more ${plural(count, "row is", "rows are")} not printed: the lasting result has all of it.`,
      allRows: (rows) => `Show all ${number(rows)} rows`,
      noTable: "The author announced a table, but this can’t be shown as one.",
    },
    files: {
      name: "Files",
      left: (count, files, mib) =>
        `${number(count)} more ${plural(count, "file was", "files were")} left out: past the limit of ${number(files)} files or ${number(mib)}\u00a0MiB, or not a plain file.`,
    },
    spoken: {
      ...plain.spoken,
      linesSoFar: (count) => `${number(count)} ${plural(count, "line", "lines")} of output so far.`,
      files: (count) => `${number(count)} ${plural(count, "file", "files")}.`,
      error: (line) => `The error: ${line}`,
      changed: "This is the result of your changed code.",
    },
    technical: "Technical code",
  };
}
