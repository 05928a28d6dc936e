// The part of the element for runs that wait for a machine, are polled, tried again, fail, or leave more than text.
export { deleteRun, getResult, postRun } from "./api.ts";
export { noticeLongWait } from "./long-wait.ts";
export { pathOf } from "./other-marks.ts";
export { otherResult } from "./other-result.ts";
export { otherAnnounced } from "./other-announced.ts";
export { afterOther } from "./other-view.ts";
export { pollRun } from "./poll-run.ts";
export { readEarlier } from "./read-earlier.ts";
export { detailsOf } from "./status-details.ts";
export { wakingView } from "./waking-turn.ts";
export { wordingOf } from "./wording.ts";
export { statusOf } from "./words.ts";
