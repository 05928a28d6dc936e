// The part of the element that a page loads at the first press, or to resume a run of a closed page.
export { BlockRun } from "./block-run.ts";
export { matchesClaim, readCode } from "./read-code.ts";
export { lastRunOf } from "./last-run.ts";
export { loadOtherStates } from "./other-states-part.ts";
