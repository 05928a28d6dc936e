// The part of the element that a page loads at the first press, or to resume a run of a closed page.
export { getResult } from "./api.ts";
export { addControllers } from "./controllers.ts";
export { markStyles } from "./mark-styles.ts";
export { isSigned, readCode } from "./read-code.ts";
export { mediaStyles } from "./media-styles.ts";
export { loadOtherStates } from "./other-states-part.ts";
export { resultArea } from "./result-area.ts";
export { resultStyles } from "./result-styles.ts";
export { RunSession } from "./run-session.ts";
export { statusStyles } from "./status-styles.ts";
