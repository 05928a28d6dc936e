import { fuzz as sendRequests } from "../test/security/fuzz/fuzz.ts";
import type { Bench } from "./figure.ts";

const REQUESTS = 100_000;
const MiB = 2 ** 20;

export const fuzz: Bench = {
  name: "fuzz",
  summary: `${REQUESTS} random requests over every route: no fault, no hang, no growth.`,
  async run() {
    const seed = Math.floor(Math.random() * 1e9);
    const { statuses, asked, faults, hung, logged, memory, seconds } = await sendRequests(
      REQUESTS,
      seed,
    );
    const answers = Object.entries(statuses).map(
      ([status, times]) => `${status || "cut"} ${times}`,
    );
    const [early, late] = memory;
    const grown = (late!.rss - early!.rss) / MiB;
    const heaps = `${(early!.heap / MiB).toFixed(0)} to ${(late!.heap / MiB).toFixed(0)} MB`;
    return [
      {
        name: `faults in ${REQUESTS} odd requests`,
        measured: `seed ${seed}`,
        beside: [answers.join(", "), ...faults.slice(0, 5), ...logged.slice(0, 5)].join("\n"),
        value: faults.length + logged.length,
        bound: 0,
        unit: "",
      },
      {
        name: "requests that hung",
        measured: `in ${seconds.toFixed(0)} s`,
        beside: [`${Object.keys(asked).length} kinds of request`, ...hung.slice(0, 5)].join("\n"),
        value: hung.length,
        bound: 0,
        unit: "",
      },
      {
        name: "growth in its last two thirds",
        measured: `of ${(early!.rss / MiB).toFixed(0)} MB`,
        beside: `heap ${heaps}`,
        value: grown,
        bound: 48,
        unit: " MB",
      },
    ];
  },
};
