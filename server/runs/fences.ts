import { createCallerLimits, type CallerLimitsOptions } from "../http/limits/callers.ts";
import { createAdmission, type AdmissionOptions } from "./admission.ts";

/** All limits that keep one caller, block or project from starving others. */
export function createFences(options: CallerLimitsOptions & AdmissionOptions) {
  const { caller, countRequest, limitGuesses } = createCallerLimits(options);
  const { admit, checkQueue } = createAdmission(options);
  return { caller, request: countRequest, guessing: limitGuesses, admit, checkQueue };
}
