import { ago } from "../../protocol/words.ts";

/** `3 min ago`, for lists. Their JSON has the exact moment. */
export function formatAge(moment: string, now: number): string {
  const seconds = (now - Date.parse(moment)) / 1000;
  return seconds < 1 ? "now" : ago(seconds);
}
