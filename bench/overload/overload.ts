import { percentile, spread, type Bench, type Figure } from "../figure.ts";
import {
  floodServer,
  PROJECTS,
  rateOf,
  SHARES,
  SLOW_S,
  TIMES,
  type Flooded,
  type Phase,
  type Project,
} from "./flood.ts";

const LEAST_GOODPUT = 0.8;
const MOST_ANSWER_MS = 100;
/** Two projects that both want more than the machine has get alike. */
const MOST_UNFAIR = 1.25;
const MOST_SLOW = 1.25;
/** A quarter of a slow run: nobody waits for one. */
const MOST_WAIT_MS = 500;
export const overload: Bench = {
  name: "overload",
  summary: `${TIMES} times of what the machine can do, by a greedy project and others: refusals, rate, shares, waits.`,
  async run() {
    const flooded = await floodServer();
    return [...answersOf(flooded), ...ratesOf(flooded), ...heldOf(flooded)];
  },
};

function answersOf({ flood, offeredPerS }: Flooded): Figure[] {
  const accepted = flood.sent.filter(({ run }) => run);
  const refused = flood.sent.filter(({ run, wrong }) => !run && wrong === undefined);
  const wrong = flood.sent.flatMap((one) => one.wrong ?? []);
  const polite = ({ retryAfter = "", status }: (typeof refused)[number]) =>
    (status === 429 || status === 503) && Number(retryAfter) > 0;
  const kinds = Map.groupBy(refused, ({ status, code, retryAfter }) =>
    [status, code, retryAfter && `after ${retryAfter} s`].join(" "),
  );
  const list = [...kinds].map(([kind, { length }]) => `${length} × ${kind}`).join(", ");
  const lost = flood.ended.filter(({ result }) => !result).length;
  const spent = `the sender took ${(flood.senderCpuMs / (flood.overAt - flood.beganAt)).toFixed(2)} of a processor`;
  return [
    {
      name: "requests accepted",
      measured: `of ${flood.sent.length}`,
      beside: `${offeredPerS.toFixed(0)}/s were offered; ${spent}`,
      value: accepted.length,
      bound: Infinity,
      unit: "",
    },
    count(
      "refused without 429 or 503 and a time",
      refused.filter((one) => !polite(one)).length,
      list,
    ),
    count("answers and streams that broke off", wrong.length, wrong[0] ?? ""),
    count("accepted runs lost or wrong", lost, `of ${accepted.length}, their results read`),
    {
      name: "POST /v1/runs at the peak, p95",
      measured: spread(flood.sent.map(({ postMs }) => postMs)),
      beside: `refused ${spread(refused.map(({ postMs }) => postMs))}`,
      value: percentile(
        flood.sent.map(({ postMs }) => postMs),
        0.95,
      ),
      bound: Infinity,
      unit: " ms",
    },
    ...Object.entries(flood.watched.answers).map(([path, times]) => ({
      name: `GET ${path} at the peak, p95`,
      measured: spread(times),
      beside: "",
      value: percentile(times, 0.95),
      bound: MOST_ANSWER_MS,
      unit: " ms",
    })),
  ];
}

const count = (name: string, value: number, beside: string): Figure => ({
  ...{ name, measured: "", beside, value, bound: 0, unit: "" },
});

function ratesOf({ alone, flood, slots }: Flooded): Figure[] {
  const of = (phase: Phase, project: Project) =>
    phase.ended.filter((one) => one.project === project);
  const rate = (phase: Phase, project: Project) => rateOf({ ...phase, ended: of(phase, project) });
  const rates = (phase: Phase) =>
    PROJECTS.map((one) => `${one} ${rate(phase, one).toFixed(1)}/s`).join(", ");
  const waits = (phase: Phase, project: Project) =>
    of(phase, project).map(({ queuedAt, startedAt }) => startedAt - queuedAt);
  const slow = rate(flood, "slow") * SLOW_S;
  const lastEnd = Math.max(...flood.ended.map(({ endedAt }) => endedAt));
  const small = waits(flood, "small");
  return [
    {
      name: "runs ended at the peak, to the rate before",
      measured: `${rateOf(flood).toFixed(1)}/s`,
      beside: `before ${rateOf(alone).toFixed(1)}/s`,
      value: rateOf(flood) / rateOf(alone),
      bound: LEAST_GOODPUT,
      atLeast: true,
      unit: "×",
    },
    {
      name: "greedy project's runs to the busy one's",
      measured: `of ${(SHARES.greedy / SHARES.busy).toFixed(1)}×`,
      beside: `${rates(flood)}; before: ${rates(alone)}`,
      value: rate(flood, "greedy") / rate(flood, "busy"),
      bound: MOST_UNFAIR,
      unit: "×",
    },
    {
      name: "slots of slow runs, to the fair share",
      measured: `${slow.toFixed(2)} slots`,
      beside: `of ${slots}; three projects want more than their share`,
      value: slow / (slots / 3),
      bound: MOST_SLOW,
      unit: "×",
    },
    {
      name: "small project's wait at the peak, p95",
      measured: spread(small),
      beside: `before ${spread(waits(alone, "small"))}, greedy ${spread(waits(flood, "greedy"))}`,
      value: percentile(small, 0.95),
      bound: MOST_WAIT_MS,
      unit: " ms",
    },
    {
      name: "queue drained after the last request",
      measured: "",
      beside: "",
      value: (lastEnd - flood.overAt) / 1000,
      bound: Infinity,
      unit: " s",
    },
  ];
}

function heldOf({ flood: { watched }, before, after }: Flooded): Figure[] {
  return [
    {
      name: "server's memory at the peak",
      measured: "",
      beside: `before ${before.mb.toFixed(0)} MB, after ${after.mb.toFixed(0)} MB`,
      value: watched.peakMb,
      bound: Infinity,
      unit: " MB",
    },
    {
      name: "descriptors left of the flood",
      measured: "",
      beside: `before ${before.descriptors}, peak ${watched.peakDescriptors}, after ${after.descriptors}`,
      value: after.descriptors - before.descriptors,
      bound: 10,
      unit: "",
    },
  ];
}
