import type { InputFault } from "../../protocol/input-values.ts";
import type { WakePhase } from "../../protocol/run.ts";
import type { PlainFormat, UnitSigns } from "./plain-format.ts";
import type { ServerWords } from "./server-words.ts";

/** The words that the element says before a press. English is in its first file, so keep them few. */
export interface PageWords {
  /** The Run button. */
  run: string;
  stop: string;
  /** A button's accessible name: its visible text first, then the block's name. */
  named: (text: string, block: string) => string;
  /** What the element is, for screen readers. */
  block: string;
  waiting: string;
  offline: string;
  unreachable: string;
  /** The request is kept and sent again. */
  tryingAgain: string;
  canceled: string;
}

/** The words of what only some blocks have. */
export interface FeatureWords {
  /** Above output that the page itself holds. */
  recorded: string;
  /** The Run button, where a stored result is on the page. */
  runAgain: string;
  /** Opens the editor. */
  edit: string;
  /** A part could not be loaded; `button` was pressed for it. */
  pressAgain: (button: string) => string;
  /** The hosts that the program may reach. */
  mayReach: (hosts: string) => string;
  /** Any host, in `mayReach`. */
  internet: string;
}

/** The words that the element says from the press on. Durations, sizes and ages are formatted already. */
export interface RunWords {
  /** Ends a sentence that is put together from parts. */
  stop: string;
  /** Between two sentences. */
  space: string;
  waking: {
    /** The state. */
    state: string;
    /** The state, where another block of the page says how the same server wakes. */
    elsewhere: string;
    phase: Record<WakePhase, string>;
    /** A phase and its step; `name` is the server's name of the step. */
    step: (phase: string, number: number, of: number, name: string) => string;
    /** The median and the 90th percentile of such wakes. */
    usual: (from: string, to: string) => string;
    /** Both are the same. */
    usually: (time: string) => string;
    /** Until the median; it counts down, so it is shown and never said. */
    left: (wait: string) => string;
    /** Past the median: until the 90th percentile. */
    leftOfMost: (wait: string) => string;
    /** The wake takes longer than the median. */
    longer: (most: string) => string;
    /** The wake takes longer than the 90th percentile. */
    longest: string;
  };
  running: string;
  retrying: string;
  /** The attempt of a retried run. */
  attempt: (number: number, of: number) => string;
  /** When the server tries again. */
  retryIn: (wait: string) => string;
  retryNow: string;
  /** When this page asks the server again. */
  askIn: (wait: string) => string;
  /** Place of a waiting run in the queue; 1 is next. */
  place: (position: number) => string;
  stopping: string;
  /** What to do after a resumed run's server was not reached. */
  notHeard: string;
  notRun: string;
  ended: {
    /** `after`: how long the program ran; undefined: unknown. */
    status: (status: number, after: string | undefined) => string;
    signal: (signal: string, after: string | undefined) => string;
    plain: (after: string | undefined) => string;
    /** By a limit. */
    stopped: (after: string | undefined) => string;
  };
  /** The limit that ended a run, and who can raise it. */
  limit: (limit: string) => string;
  left: string;
  goesOn: string;
  /** What to do after a run that failed for reasons other than its code. */
  advice: {
    tryAgain: string;
    laterMachines: string;
    laterBudget: string;
    mayHaveRun: string;
    signAgain: string;
    operator: string;
  };
  stored: {
    age: (ago: string) => string;
    /** The stored result answers. */
    answers: string;
    /** It is shown until a newer one comes. */
    until: string;
    noNewer: string;
  };
  output: {
    name: string;
    none: string;
    /** It is only in the stored result. */
    unread: string;
    /** The beginning left the page; `lost` more were cut by the limit. */
    dropped: (size: string) => string;
    droppedAndCut: (size: string, lost: string, limitKiB: number) => string;
    cut: (size: string, limitKiB: number) => string;
    /** Links to the complete output, or to its first part. */
    all: string;
    first: (size: string) => string;
    wrap: string;
    copy: string;
    copied: string;
    fullScreen: string;
    leaveFullScreen: string;
    /** The title of a line number in the output that leads to the code. */
    goToLine: string;
    /** The line that an error names is in code that the page does not show. */
    inSetUp: (line: string) => string;
    /** Lines of output, or rows of a table, that paper does not show. */
    linesOffPaper: (count: number) => string;
    rowsOffPaper: (count: number) => string;
    /** Shows the rest of a long table. */
    allRows: (rows: number) => string;
    /** The author signed that the output is a table, and it is none. */
    noTable: string;
  };
  files: {
    name: string;
    left: (count: number, mostFiles: number, limitMiB: number) => string;
  };
  /** What the live region says beside the status. */
  spoken: {
    /** Lines of output of a run that has ended. */
    lines: (count: number) => string;
    linesSoFar: (count: number) => string;
    files: (count: number) => string;
    /** The line of the output that names the error. */
    error: (line: string) => string;
    /** The reader changed the code. */
    changed: string;
  };
  /** The disclosure of an error's code. */
  technical: string;
  resultLink: string;
  /** The server's sentences. English: absent, because the server says them in English. */
  server?: ServerWords | undefined;
}

/** The words of a run that prints text and succeeds: English has them in the run part, the other ones load later. */
export type PlainWords = Pick<RunWords, "resultLink" | "running" | "space" | "stop"> & {
  ended: Pick<RunWords["ended"], "plain" | "status">;
  output: Pick<
    RunWords["output"],
    "copied" | "copy" | "fullScreen" | "leaveFullScreen" | "name" | "wrap"
  >;
  spoken: Pick<RunWords["spoken"], "lines">;
};

/** The words of the editor, which loads with it. */
export interface EditorWords {
  /** Its accessible name. */
  code: string;
  /** Shows the author's code again. */
  restore: string;
  undoRestore: string;
  /** Marks code that is not the author's. */
  changed: string;
  /** What keys do in it; `command` is the name of Control or Command. */
  keys: (command: string) => string;
  /** What the result on the page is of. */
  resultOf: { change: string; otherChange: string; author: string };
}

/** The words of inputs, which load with their form. */
export interface InputWords {
  fault: (fault: InputFault) => string;
  /** Bounds of a number. */
  between: (min: number, max: number) => string;
  least: (min: number) => string;
  most: (max: number) => string;
  whole: string;
  /** The bound of a text, in bytes of UTF-8. */
  mostBytes: (bytes: number) => string;
  /** The length of a text near its bound. */
  counted: (bytes: number, most: number, characters: number) => string;
  /** What happens with an emptied number. */
  emptied: (value: number) => string;
  /** All values together are too long. */
  total: string;
}

/** The words of the button that runs all blocks of a page. */
export interface RunAllWords {
  runAll: string;
  stop: string;
  /** The block that runs: its number, and what tells it from others. */
  running: (number: number, of: number, name: string) => string;
  done: (of: number) => string;
  /** Where the first block failed. */
  failed: (name: string, succeeded: number, of: number) => string;
  /** The reader pressed Stop. */
  stopped: (succeeded: number, of: number) => string;
  none: string;
  /** Scrolls to the block that failed. */
  goTo: string;
}

/** A language other than English: what loads on its pages. */
export interface Translation {
  page: PageWords;
  features: FeatureWords;
  units: UnitSigns;
  editor: EditorWords;
  inputs: InputWords;
  runAll: RunAllWords;
  run: (format: PlainFormat) => RunWords;
}
