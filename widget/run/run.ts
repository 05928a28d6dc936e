// The part of the element that a page loads at the first press, or to resume a run of a closed page.
export { Clock } from "./clock.ts";
export { markStyles } from "./mark-styles.ts";
export { readCode } from "./read-code.ts";
export { wordingOf } from "./wording.ts";
export { ReadingPosition } from "./reading-position.ts";
export { Announcer } from "./announcer.ts";
export { resultArea } from "./result-area.ts";
export { resultStyles } from "./result-styles.ts";
export { RunSession } from "./run-session.ts";
export { statusStyles } from "./status-styles.ts";
