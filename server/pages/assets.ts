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

export const styleSheet = asset("style", "css", "text/css; charset=utf-8");
export const copyScript = asset("copy", "js", "text/javascript; charset=utf-8");
export const tabsScript = asset("tabs", "js", "text/javascript; charset=utf-8");
export const liveScript = asset("live", "js", "text/javascript; charset=utf-8");

function asset(name: string, extension: string, type: string): Asset {
  const text = readFileSync(new URL(`./${name}.${extension}`, import.meta.url), "utf8");
  return assetOf(name, extension, type, text);
}

export function assetOf(name: string, extension: string, type: string, text: string): Asset {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  return { path: `/assets/${name}.${hash}.${extension}`, type, text, hash };
}
