import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "../../protocol/events.ts";
import type { Result } from "../../protocol/run.ts";
import type { Followed } from "./follower.ts";

export interface StormFigures {
  ends: Record<string, number>;
  kills: { servers: number; machines: number; booting: number };
  /** How often followers had to connect again, and again while nobody was there. */
  cuts: number;
  /** Requests that were sent again because nobody answered, or nobody could. */
  sentAgain: number;
  wholeS: number;
  /** From each request to the end of its run, in milliseconds. */
  endMs: number[];
  artifacts: number;
  /** Sentences of what is not as it ought to be. */
  lost: string[];
  wrongEvents: string[];
  wrongResults: string[];
  wrongFiles: string[];
  wrongOrder: string[];
}

export const nothingYet = (): StormFigures => ({
  ...{ ends: {}, kills: { servers: 0, machines: 0, booting: 0 }, cuts: 0, sentAgain: 0, wholeS: 0 },
  ...{ endMs: [], artifacts: 0, lost: [], wrongEvents: [], wrongResults: [], wrongFiles: [] },
  wrongOrder: [],
});

/** All that is not as it ought to be. */
export const wrongs = (figures: StormFigures): string[] => [
  ...figures.lost,
  ...figures.wrongEvents,
  ...figures.wrongResults,
  ...figures.wrongFiles,
  ...figures.wrongOrder,
];

type Ended = RunEvent & { type: "ended" };

/** Writes down what a follower saw; undefined where its run has no end. */
export function noted(
  run: string,
  { events, cuts, wrong }: Followed,
  began: number,
  figures: StormFigures,
): Ended | undefined {
  figures.endMs.push(performance.now() - began);
  figures.cuts += cuts;
  figures.wrongEvents.push(...wrong);
  const end = events.at(-1);
  if (end?.type !== "ended") {
    figures.lost.push(`Run ${run} was acknowledged and has no end.`);
    return undefined;
  }
  const how = end.state === "errored" ? `errored (${end.reason?.code})` : end.state;
  figures.ends[how] = (figures.ends[how] ?? 0) + 1;
  return end;
}

/** Reads every artifact of a run. */
export async function checkFiles(
  result: Result,
  figures: StormFigures,
  headers: Record<string, string> = {},
): Promise<void> {
  for (const artifact of result.artifacts) {
    figures.artifacts++;
    const body = await fetchSurely(artifact.url, headers);
    const digest = createHash("sha256").update(body).digest("hex");
    if (digest !== artifact.sha256) figures.wrongFiles.push(`${artifact.url} is another file.`);
  }
}

/** What is there, however long the server takes to be back; nothing where nothing is. */
async function fetchSurely(url: string, headers: Record<string, string>): Promise<Buffer> {
  for (;;) {
    const response = await fetch(url, { headers }).catch(() => undefined);
    const body = response?.ok && (await response.arrayBuffer().catch(() => undefined));
    if (body) return Buffer.from(body);
    if (response?.status === 404) return Buffer.alloc(0);
    await sleep(100);
  }
}
