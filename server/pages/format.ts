import { html } from "hono/html";
import { ago } from "../../protocol/words.ts";
import type { Html } from "./layout.ts";

/** Whole seconds since `moment`; the script of live pages counts on from there. */
export function clock(moment: number, now: number): string {
  const passed = Math.max(0, Math.round((now - moment) / 1000));
  return passed < 60 ? `${passed} s` : `${Math.floor(passed / 60)} min ${passed % 60} s`;
}

/** Minutes and seconds, such as `0:04`. */
export function minutes(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** How long ago, with the exact moment on hover. */
export function agoTime(moment: number, now: number): Html {
  const exact = new Date(moment).toISOString();
  return html`<time datetime="${exact}" title="${exact.slice(0, 19).replace("T", " ")} UTC"
    >${age(moment, now)}</time
  >`;
}

/** `just now`, `5 min ago`, `6 days ago`, else the day. Without seconds, because a page stays open. */
export function age(moment: number, now: number): string {
  const seconds = (now - moment) / 1000;
  const exact = new Date(moment).toISOString();
  if (seconds < -60) return exact.slice(0, 16).replace("T", " ");
  if (seconds < 60) return "just now";
  return seconds < 14 * 86_400 ? ago(seconds) : exact.slice(0, 10);
}
