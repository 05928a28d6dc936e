import { percentile, spread, type Bench } from "../figure.ts";
import { openStreams } from "./open-streams.ts";

const STREAMS = 5000;
const MB = 1e6;

export const streams: Bench = {
  name: "streams",
  summary: `${STREAMS} streams open on one server: its memory, its calls, an event for all.`,
  async run() {
    const { rss, heap, alone, meanwhile, eventMs, openS } = await openStreams(STREAMS);
    const list = ({ before, open, after }: typeof rss) =>
      [before, open, after].map((bytes) => (bytes / MB).toFixed(0)).join(", ");
    return [
      {
        name: `memory of each of ${STREAMS} streams`,
        measured: `heap ${((heap.open - heap.before) / STREAMS / 1000).toFixed(1)} kB`,
        // The server's own process, after garbage collection. The readers are another process.
        beside: `resident before, open, after: ${list(rss)} MB; heap ${list(heap)} MB; opened in ${openS.toFixed(1)} s`,
        value: (rss.open - rss.before) / STREAMS / 1000,
        bound: 30,
        unit: " kB",
      },
      {
        name: "heap left of each when all are gone",
        measured: "",
        beside: "calls in between keep some of it",
        value: (heap.after - heap.before) / STREAMS / 1000,
        bound: 3,
        unit: " kB",
      },
      {
        name: "POST /v1/runs meanwhile, p95",
        measured: spread(meanwhile.postMs),
        beside: `4 callers at once, of runs that wait; with no stream open ${spread(alone.postMs)}`,
        value: percentile(meanwhile.postMs, 0.95),
        bound: 50,
        unit: " ms",
      },
      {
        name: "GET /v1/runs/{id} meanwhile, p95",
        measured: spread(meanwhile.getMs),
        beside: `with no stream open ${spread(alone.getMs)}`,
        value: percentile(meanwhile.getMs, 0.95),
        bound: 50,
        unit: " ms",
      },
      {
        name: `one event to the last of ${STREAMS}`,
        measured: "",
        beside: "from the responder's call",
        value: eventMs,
        bound: Infinity,
        unit: " ms",
      },
    ];
  },
};
