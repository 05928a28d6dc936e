import { parseArgs } from "node:util";
import { buildStale } from "../setup/bundles.mjs";
import { boot } from "./boot.ts";
import { accept } from "./accept.ts";
import { churn } from "./churn.ts";
import { crowd } from "./crowd/crowd.ts";
import { streams } from "./crowd/streams.ts";
import { faults } from "./faults.ts";
import type { Figure } from "./figure.ts";
import { fleetDay } from "./fleet-day/fleet-day.ts";
import { pages } from "./pages/pages.ts";
import { blocking } from "./overload/blocking.ts";
import { overload } from "./overload/overload.ts";
import { peers } from "./peers/peers.ts";
import { profile } from "./profile/profile.ts";
import { push } from "./push.ts";
import { site } from "./site.ts";
import { soak } from "./soak/soak.ts";
import { start } from "./start.ts";
import { wake } from "./wake.ts";
import { warmRun } from "./warm/warm-run.ts";
import { firstOutput } from "./widget/first-output.ts";
import { widgetLoad } from "./widget/load.ts";
import { widgetOutput } from "./widget/long-output.ts";
import { widgetRun } from "./widget/plain-run.ts";
import { widgetSize } from "./widget/size.ts";

const BENCHES = [
  profile,
  warmRun,
  peers,
  accept,
  soak,
  overload,
  blocking,
  wake,
  boot,
  firstOutput,
  widgetSize,
  widgetRun,
  widgetLoad,
  widgetOutput,
  start,
  fleetDay,
  churn,
  push,
  pages,
  faults,
  crowd,
  streams,
  site,
];

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: "boolean", short: "h" },
    repo: { type: "string" },
    peer: { type: "string", multiple: true },
  },
});

const unknown = positionals.filter(
  (name) => name !== "all" && !BENCHES.some((bench) => bench.name === name),
);

if (unknown.length > 0) {
  process.stderr.write(`error: there is no bench ${unknown.join(", ")}\nhint: npm run bench\n`);
  process.exitCode = 2;
} else if (values.help || positionals.length === 0) {
  process.stdout.write(
    "npm run bench -- NAME…   measures, and compares each figure with its bound; all runs all\n\n",
  );
  for (const { name, summary } of BENCHES)
    process.stdout.write(`  ${name.padEnd(12)} ${summary}\n`);
} else {
  const chosen = BENCHES.filter(
    ({ name }) => positionals.includes("all") || positionals.includes(name),
  );
  buildStale(["widget", "responder", "node", "guides"]);
  process.stdout.write(row("figure", "value", "bound", "measured, p50/p95", "beside it"));
  for (const bench of chosen) {
    for (const figure of await bench.run({ repo: values.repo, peers: values.peer ?? [] }))
      print(figure);
  }
}

function print({ name, value, bound, atLeast, unit, measured, beside }: Figure): void {
  const isBound = Number.isFinite(bound);
  const held = !isBound || (atLeast ? value >= bound : value <= bound);
  if (!held) process.exitCode = 1;
  const digits = value >= 100 ? 0 : 2;
  const verdict = held ? "" : "  MISSED";
  const limit = isBound ? `${atLeast ? "≥" : "≤"} ${bound}${unit}` : "";
  process.stdout.write(
    row(name, `${value.toFixed(digits)}${unit}${verdict}`, limit, measured, beside),
  );
}

function row(...cells: [string, string, string, string, string]): string {
  const widths = [34, 10, 10, 20, 0];
  return `${cells
    .map((cell, index) => cell.padEnd(widths[index]!))
    .join("  ")
    .trimEnd()}\n`;
}
