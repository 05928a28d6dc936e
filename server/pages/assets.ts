import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A file of the pages, at a path that changes with its content. */
export interface Asset {
  path: string;
  type: string;
  text: string;
  /** Of its content. */
  hash: string;
}

/** Parts of the one stylesheet, in the order of the cascade. */
const STYLES = [
  "document",
  "start",
  "code",
  "documents",
  "lists",
  "controls",
  "forms",
  "project",
  "states",
  "machines",
  "run",
  "output",
  "results",
  "steps",
  "log",
  "docs",
  "docs-lists",
  "narrow",
];

export const styleSheet = assetOf(
  "style",
  "css",
  "text/css; charset=utf-8",
  STYLES.map((name) => textOf(`styles/${name}.css`)).join("\n"),
);
export const copyScript = asset("copy", "js", "text/javascript; charset=utf-8");
export const tabsScript = asset("tabs", "js", "text/javascript; charset=utf-8");
export const logScript = asset("log", "js", "text/javascript; charset=utf-8");
export const passkeyScript = asset("passkeys", "js", "text/javascript; charset=utf-8");
export const followScript = asset("follow", "js", "text/javascript; charset=utf-8");
export const clocksScript = asset("clocks", "js", "text/javascript; charset=utf-8");
export const liveScript = asset("live", "js", "text/javascript; charset=utf-8");

function asset(name: string, extension: string, type: string): Asset {
  return assetOf(name, extension, type, textOf(`${name}.${extension}`));
}

function textOf(path: string): string {
  return readFileSync(new URL(`./${path}`, import.meta.url), "utf8");
}

export function assetOf(name: string, extension: string, type: string, text: string): Asset {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  return { path: `/assets/${name}.${hash}.${extension}`, type, text, hash };
}
