import type { Result, StoredResult } from "../../protocol/run.ts";
import { shownClaims } from "../element/claims.ts";
import { loadRunPart, type RunPart } from "../element/run-part.ts";
import { findStored } from "./find-stored.ts";

export interface StoredOptions {
  host: Element;
  server: string;
  block: string;
  /** A copy of the host from before translators and highlighters changed it. */
  original: () => Element | undefined;
  /** Whether nothing was pressed, and the host still shows this block. */
  isWanted: () => boolean;
  show: (part: RunPart, stored: StoredResult, result: Result) => void;
}

/** About a screen ahead of the reader. */
const NEAR = "800px";
const waiting = new WeakMap<Element, () => void>();
let screen: IntersectionObserver | undefined;

/** Shows the block's stored result once the block comes near the screen, if there is one of the code on the page. */
export function showStored(options: StoredOptions): void {
  screen ??= new IntersectionObserver(look, { rootMargin: NEAR });
  // An element that returns to the page waits with its last block.
  screen.unobserve(options.host);
  waiting.set(options.host, () => void find(options));
  screen.observe(options.host);
}

function look(entries: readonly IntersectionObserverEntry[]): void {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    screen?.unobserve(target);
    waiting.get(target)?.();
    waiting.delete(target);
  }
}

async function find({ host, server, block, original, isWanted, show }: StoredOptions) {
  if (!isWanted()) return;
  const stored = await findStored(server, block.trim());
  if (!stored || !isWanted() || Date.parse(stored.ended_at) <= recordedAt(host)) return;
  try {
    const part = await loadRunPart();
    // The result is of the signed code: it says nothing about other code.
    if (!isWanted()) return;
    const code = await part.readCode(host, block, original());
    if (!(await part.matchesClaim(code, shownClaims(block).code))) return;
    const others = await part.loadOtherStates();
    const result = await others?.getResult(new URL(stored.result_url, server).href);
    if (result && isWanted()) show(part, stored, result);
  } catch {
    // It can't be read: a reader can still press Run.
  }
}

/** When the output that the page holds was recorded; output without a time is older than any result. */
function recordedAt(host: Element): number {
  const time = host.querySelector<HTMLTimeElement>(":scope > output time");
  return Date.parse(time?.dateTime ?? "") || 0;
}
