import { fuzz as sendRequests } from "../test/security/fuzz/fuzz.ts";
import type { Bench } from "./figure.ts";

const REQUESTS = 100_000;
/** After each the server's memory is measured. */
const PARTS = 5;
const MiB = 2 ** 20;

export const fuzz: Bench = {
  name: "fuzz",
  summary: `${REQUESTS} random requests over every route: no fault, no hang, no growth.`,
  async run() {
    const seed = Math.floor(Math.random() * 1e9);
    const { statuses, asked, faults, hung, logged, memory, seconds } = await sendRequests(
      REQUESTS,
      seed,
      PARTS,
    );
    const answers = Object.entries(statuses).map(
      ([status, times]) => `${status || "cut"} ${times}`,
    );
    // The first two parts fill what is kept for use: SQLite's pages, compiled code, the allocator's own.
    const [, early, ...others] = memory.map(({ rss }) => rss / MiB);
    const late = others.at(-1)!;
    const list = (of: "rss" | "heap") => memory.map((one) => (one[of] / MiB).toFixed(0)).join(", ");
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
        name: "growth in the last three fifths",
        measured: `of ${early!.toFixed(0)} MB`,
        beside: `resident ${list("rss")} MB; heap ${list("heap")} MB`,
        value: late - early!,
        bound: 32,
        unit: " MB",
      },
    ];
  },
};
