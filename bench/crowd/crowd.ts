import { percentile, spread, type Bench, type Figure } from "../figure.ts";
import { press, type Crowd } from "./press.ts";

const READERS = 2000;

export const crowd: Bench = {
  name: "crowd",
  summary: `${READERS} readers press one block at once: new, stored, and out of date.`,
  async run() {
    const { first, later, old } = await press(READERS);
    return [
      ...figures("at once", first, 1),
      ...figures("once it is stored", later, 0),
      ...figures("when that is old", old, 1),
    ];
  },
};

function figures(when: string, { presses, made, wholeMs }: Crowd, runs: number): Figure[] {
  const wrong = presses.flatMap((one) => one.wrong ?? []);
  const shownMs = presses.map(({ shownAt, pressedAt }) => shownAt - pressedAt);
  const stored = presses.filter((one) => one.stored).length;
  return [
    {
      name: `readers wrongly served ${when}`,
      measured: `of ${presses.length}`,
      beside: wrong.slice(0, 5).join("\n") || `${stored} from storage alone`,
      value: wrong.length,
      bound: 0,
      unit: "",
    },
    {
      name: `runs made ${when}`,
      measured: "",
      beside: `${new Set(presses.map(({ run }) => run)).size} answer`,
      value: made,
      bound: runs,
      unit: "",
    },
    {
      name: `first press to last reader ${when}`,
      measured: `POST ${spread(presses.map(({ postMs }) => postMs))}`,
      beside: `something to show after ${percentile(shownMs, 0.95).toFixed(0)} ms, p95`,
      value: wholeMs / 1000,
      bound: Infinity,
      unit: " s",
    },
  ];
}
