// The part of the element that a page loads at the first press, or to resume a run of a closed page.
export { deleteRun, getResult, postRun, RefusedError } from "./api.ts";
export { duration } from "../../protocol/words.ts";
export { followRun } from "./follow-run.ts";
export { resultBox } from "./result-box.ts";
export { resultStyles } from "./result-styles.ts";
export { nextView } from "./run-view.ts";
export { describePageCode, readSource } from "./source-text.ts";
export { statusOf } from "./words.ts";
