import { html } from "hono/html";
import type { Html } from "./layout.ts";

/** `0.03 s`, `0.4 s`, `14 s`, `1 min 12 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds > 0 && seconds < 0.095) return `${Math.max(seconds, 0.01).toFixed(2)} s`;
  if (seconds < 9.95) return `${(Math.round(seconds * 10) / 10).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Whole seconds since `moment`, as the script of live pages counts on from there. */
export function clock(moment: number, now: number): string {
  const passed = Math.max(0, Math.round((now - moment) / 1000));
  return passed < 60 ? `${passed} s` : `${Math.floor(passed / 60)} min ${passed % 60} s`;
}

/** `512 B`, `12 kB`, `1.4 MB`: kilo is 1000. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** How long ago, with the exact moment on hover. */
export function ago(moment: number, now: number): Html {
  const exact = new Date(moment).toISOString();
  return html`<time datetime="${exact}" title="${exact.slice(0, 19).replace("T", " ")} UTC"
    >${agoWords(moment, now)}</time
  >`;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `just now`, `5 min ago`, `3 h ago`, `yesterday`, `6 days ago`, else the day. */
export function agoWords(moment: number, now: number): string {
  const past = now - moment;
  if (past < -MINUTE) return new Date(moment).toISOString().slice(0, 16).replace("T", " ");
  if (past < MINUTE) return "just now";
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min ago`;
  if (past < DAY) return `${Math.floor(past / HOUR)} h ago`;
  if (past < 2 * DAY) return "yesterday";
  if (past < 14 * DAY) return `${Math.floor(past / DAY)} days ago`;
  return new Date(moment).toISOString().slice(0, 10);
}
