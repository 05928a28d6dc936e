import { burst } from "../test/e2e/delivery-burst.ts";
import { percentile, spread, type Bench } from "./figure.ts";

const DELIVERIES = 500;
const DUPLICATES = DELIVERIES / 10;

const list = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([name, times]) => `${name} ${times}`)
    .join(", ");

export const deliveries: Bench = {
  name: "deliveries",
  summary: `${DELIVERIES} webhooks in a burst, a tenth of them duplicates, the server killed once.`,
  async run() {
    const figures = await burst({
      deliveries: DELIVERIES,
      branches: 5,
      duplicates: DUPLICATES,
      senders: 16,
      kill: true,
    });
    const { answerMs } = figures;
    const latency = { measured: spread(answerMs), unit: " ms" };
    return [
      {
        name: "deliveries that were not answered",
        measured: `${answerMs.length} answered`,
        beside: `${figures.sentAgain} times sent again`,
        value: DELIVERIES - answerMs.length,
        bound: 0,
        unit: "",
      },
      {
        ...latency,
        name: "delivery to its 202, p95",
        beside: "16 senders at once",
        value: percentile(answerMs, 0.95),
        bound: 100,
      },
      {
        ...latency,
        name: "the longest of them",
        beside: "the start after the kill among them",
        value: Math.max(...answerMs),
        bound: Infinity,
      },
      {
        name: "pushes without just one run",
        measured: `in ${figures.wholeS.toFixed(0)} s`,
        beside: `${list(figures.outcomes)}; runs: ${list(figures.states)}`,
        value: Math.abs(DELIVERIES - DUPLICATES - (figures.states["succeeded"] ?? 0)),
        bound: 0,
        unit: "",
      },
      {
        name: "runs twice, or out of order",
        measured: "",
        beside: figures.wrong.slice(0, 10).join("\n"),
        value: figures.wrong.length,
        bound: 0,
        unit: "",
      },
    ];
  },
};
