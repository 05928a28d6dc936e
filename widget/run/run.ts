// The part of the element that a page loads at the first press, or to resume a run of a closed page.
export { duration } from "../../protocol/words.ts";
export { Clock } from "./clock.ts";
export { markOf } from "./marks.ts";
export { markStyles } from "./mark-styles.ts";
export { ReadingPosition } from "./reading-position.ts";
export { resultBox } from "./result-box.ts";
export { resultStyles } from "./result-styles.ts";
export { RunSession } from "./run-session.ts";
export { readSource } from "./source-text.ts";
export { statusOf } from "./words.ts";
