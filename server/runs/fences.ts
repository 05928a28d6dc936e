import { createCallerLimits, type CallerLimitsOptions } from "../http/limits/callers.ts";
import { createAdmission, type AdmissionOptions } from "./admission.ts";

/** All limits on what one caller, block or project takes from others. */
export function createFences(options: CallerLimitsOptions & AdmissionOptions) {
  const { caller, countRequest, limitGuesses } = createCallerLimits(options);
  const { admit, room } = createAdmission(options);
  return { caller, request: countRequest, guessing: limitGuesses, admit, room };
}
