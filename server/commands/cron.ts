import { Cron } from "croner";

/**
 * The first moment after `after` that matches a cron rule of five fields, in UTC; null where there is none
 * or the rule is invalid.
 */
export function nextTime(cron: string, after: number): number | null {
  try {
    const next = new Cron(cron, { mode: "5-part", timezone: "UTC" }).nextRun(new Date(after));
    return next?.getTime() ?? null;
  } catch {
    return null; // It was checked where the file was read, by a responder of maybe another release.
  }
}
