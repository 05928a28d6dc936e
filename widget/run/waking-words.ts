import type { UsualWake, Waking } from "../../protocol/run.ts";
import type { View } from "../element/view.ts";
import type { ServerWords, SetUpStep } from "../words/server-words.ts";
import type { Status } from "./status-line.ts";
import type { Wording } from "./wording.ts";

/** The phase and what is left of the usual time come first; the rest is behind the disclosure. */
export function wakingNote(
  { waking }: View,
  now: number,
  wording: Wording,
): Pick<Status, "note" | "brief"> | undefined {
  if (!waking) return undefined;
  const { usual, next } = waking;
  const { stop, space, server } = wording.run;
  const elapsedS = (now - waking.startedAt) / 1000;
  const brief = [wakingStep(waking, wording) + stop, usual && wakeLeft(usual, elapsedS, wording)]
    .filter(Boolean)
    .join(space);
  // The server's sentence is in English.
  const all = [brief, usual && usualWake(usual, wording), server ? undefined : next];
  return { note: all.filter(Boolean).join(space), brief };
}

/** Returns the phase of a wake, and the step it is at. */
export function wakingStep(
  { phase, step }: Pick<Waking, "phase" | "step">,
  { run: { waking, server } }: Wording,
): string {
  const named = waking.phase[phase] ?? phase;
  return step ? waking.step(named, step.number, step.of, stepName(step.name, server)) : named;
}

/** A step's name in the page's language. A newer server may have others: they stay in English. */
function stepName(name: string, server: ServerWords | undefined): string {
  if (!server) return name;
  // A machine that is asked for: `spot t3.small in eu-west-1a`.
  const [, market, type, zone] = /^(spot|on-demand) (\S+)(?: in (\S+))?$/.exec(name) ?? [];
  if (market) {
    const words = `${server.markets[market as keyof ServerWords["markets"]]} ${type}`;
    return zone ? `${words} (${zone})` : words;
  }
  return server.steps[name as SetUpStep] ?? name;
}

/** Returns what is left of the usual time, `elapsedS` seconds after the start of a wake. */
function wakeLeft({ p50_s, p90_s }: UsualWake, elapsedS: number, wording: Wording): string {
  const { left, leftOfMost, longest } = wording.run.waking;
  const until = (atS: number) => wording.format.wait(Math.ceil(atS - elapsedS));
  if (elapsedS < p50_s) return left(until(p50_s));
  return elapsedS < p90_s ? leftOfMost(until(p90_s)) : longest;
}

function usualWake({ p50_s, p90_s }: UsualWake, { format, run }: Wording): string {
  const [from, to] = format.range(p50_s, p90_s);
  return format.duration(p50_s) === to ? run.waking.usually(to) : run.waking.usual(from, to);
}

/** Returns how long such wakes take, `elapsedS` seconds after this one's start, in figures that stay. */
export function wakePace(usual: UsualWake, elapsedS: number, wording: Wording): string {
  const { longest, longer } = wording.run.waking;
  if (elapsedS > usual.p90_s) return longest;
  if (elapsedS > usual.p50_s) return longer(wording.format.duration(usual.p90_s));
  return usualWake(usual, wording);
}

/** Returns the progress of waking, 0 to 1: 0.8 at the usual time, then slower, and never 1. */
export function wakingProgress(startedAt: number, p50S: number, now: number): number {
  const ratio = Math.max(0, now - startedAt) / 1000 / Math.max(p50S, 0.1);
  return ratio <= 1 ? 0.8 * ratio : 0.8 + 0.15 * (1 - Math.exp(1 - ratio));
}
