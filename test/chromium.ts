import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const SHELL = "/usr/bin/chromium-headless-shell";
const WHOLE = ["/usr/bin/chromium", "/usr/bin/google-chrome"];

const find = (paths: string[]) => process.env["CHROMIUM"] ?? paths.find((path) => existsSync(path));

/** Debian's headless shell takes a quarter less CPU time than the whole browser. */
export const CHROMIUM: string | undefined = find([SHELL, ...WHOLE]);

export const CHROMIUM_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
] as const;

/** Starts the browser. One that keeps pages for the way back is the whole browser: the shell can't. */
export function launchChromium({ keepsPages = false } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: keepsPages ? find(WHOLE) : CHROMIUM,
    ignoreDefaultArgs: keepsPages ? ["--disable-back-forward-cache"] : [],
    args: [...CHROMIUM_ARGS],
  });
}

let shared: Promise<Browser> | undefined;

/** The Chromium of all files that one worker runs: starting one costs 0.3 s of CPU. It ends with the worker. */
export async function sharedChromium(): Promise<Browser> {
  shared ??= launchChromium();
  const browser = await shared;
  if (browser.isConnected()) return browser;
  shared = launchChromium();
  return shared;
}
