import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { residentMb } from "../accept.ts";

/** What somebody who looks at the server experiences, and what its process holds. */
export interface Watched {
  /** Milliseconds of each answer, by path. */
  answers: Record<string, number[]>;
  peakMb: number;
  peakDescriptors: number;
}

const EVERY_MS = 100;

export const countDescriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

/** Asks for `pages` again and again, one at a time, until `until` resolves. */
export async function watch(
  url: string,
  pid: number,
  { pages, until }: { pages: readonly string[]; until: Promise<unknown> },
): Promise<Watched> {
  const watched: Watched = {
    answers: Object.fromEntries(pages.map((page) => [page, []])),
    peakMb: 0,
    peakDescriptors: 0,
  };
  let over = false;
  const end = () => void (over = true);
  until.then(end, end);
  while (!over) {
    for (const page of pages) {
      const began = performance.now();
      const response = await fetch(url + page);
      await response.text();
      watched.answers[page]!.push(performance.now() - began);
      if (!response.ok) throw new Error(`${page} answered ${response.status}.`);
    }
    watched.peakMb = Math.max(watched.peakMb, residentMb(pid));
    watched.peakDescriptors = Math.max(watched.peakDescriptors, countDescriptors(pid));
    await sleep(EVERY_MS);
  }
  return watched;
}
