import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { newKeyPair } from "../../blocks/keys.ts";
import { openSite, type SiteOptions } from "../../cli/site/plugin.ts";

const pair = await newKeyPair();

/** A folder whose site can be signed, also again as another process would. */
export function siteFolder() {
  const root = mkdtempSync(join(tmpdir(), "deferred-site-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  useKey();
  const open = (options: SiteOptions = {}) =>
    openSite({ root, project: "ada/blog", aud: "https://runner.example", ...options });
  return { root, open };
}

function useKey(): void {
  vi.stubEnv("DEFERRED_SIGNING_KEY", JSON.stringify(pair.privateJwk));
}

/** As in a pull request of a stranger: no key, no data folder. */
export function loseKey(): void {
  vi.stubEnv("DEFERRED_SIGNING_KEY", "");
  vi.stubEnv("DEFERRED_DATA", "/nonexistent");
}

/** Files of a site, by their paths below its root. */
export function writeSite(root: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}
