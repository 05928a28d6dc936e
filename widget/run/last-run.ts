import type { Block, BlockHost } from "../element/block.ts";
import type { LastRun } from "../element/last-run.ts";

/**
 * A page without an answer repeats its request within this time. An older request is dropped: its page was
 * closed, and a reader who opens it again does not expect that code starts without a press.
 */
const SENT_MS = 60_000;
/** The server's default retention of runs. */
const RUN_MS = 30 * 24 * 3_600_000;

/** The name of a block's runs in the browser's storage; a page may hold a block several times. */
export function runName({ host, runsName }: Block): string {
  const all = [...document.querySelectorAll<BlockHost>(host.localName)];
  const alike = all.filter(({ block }) => block === host.block);
  return runsName + Math.max(0, alike.indexOf(host));
}

/** The run of a block that a closed page left; undefined: none, or none that a server still has. */
export function lastRunOf(block: Block): LastRun | undefined {
  return lastRun(runName(block));
}

/** Returns the run stored under `name`; undefined where there is none, or where the browser denies the page storage. */
export function lastRun(name: string): LastRun | undefined {
  try {
    const kept = JSON.parse(localStorage[name] as string) as LastRun;
    const ageMs = Math.abs(Date.now() - (kept.sent ?? kept.at));
    if (ageMs < (kept.id ? RUN_MS : SENT_MS)) return kept;
    localStorage.removeItem(name);
  } catch {
    // Nothing is stored, or storage is denied.
  }
  return undefined;
}
