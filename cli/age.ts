import { formatDuration } from "./duration.ts";

/** `3 min ago`, for lists; the exact moment is in their JSON. */
export function age(moment: string, now: number): string {
  return ago((now - Date.parse(moment)) / 1000);
}

export function ago(seconds: number): string {
  if (seconds < 1) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  // The larger unit alone: the smaller one only makes the column wide.
  return `${/^\d+ \w+/.exec(formatDuration(seconds))![0]} ago`;
}
