import { percentile, type Bench } from "../figure.ts";
import { PARTS } from "../warm/cpu.ts";
import { SNIPPETS } from "../warm/snippets.ts";
import { attribute } from "./attribute.ts";
import { RESPONDER_PARTS, SERVER_PARTS } from "./parts.ts";
import { printRecording, printSteps, printThreads } from "./print.ts";
import { recordRuns } from "./record.ts";
import { measureSandboxSteps } from "./sandbox-steps.ts";
import { measureWarmCpu } from "./warm-cpu.ts";

const SIZE = { blocks: 5, block: 20, warmUp: 100 };
/** A shell starts in a millisecond, so its sandbox costs what every sandbox does. */
const SHELL_SIZE = { blocks: 2, block: 20, warmUp: 40 };
const RECORDED = 100;
const STEPS = 20;

export const profile: Bench = {
  name: "profile",
  summary: "Where the CPU of a warm python run goes: server, responder, sandbox, part by part.",
  async run() {
    const { python, bash } = SNIPPETS;
    const { used, threads, times, bare } = await measureWarmCpu(python, SIZE);
    const shell = await measureWarmCpu(bash, SHELL_SIZE);
    const recordings = await recordRuns(python, RECORDED);
    for (const [side, rules] of [
      ["server", SERVER_PARTS],
      ["responder", RESPONDER_PARTS],
    ] as const) {
      printThreads(side, threads[side], bare.cpuMs);
      const recording = recordings[side];
      printRecording(recording, attribute(recording.profile, rules), {
        runs: RECORDED,
        cpuMs: threads[side]["main"] ?? 0,
        bareMs: bare.cpuMs,
      });
    }
    const around = shell.used.sandbox - shell.bare.cpuMs;
    printSteps(
      "sandbox: CPU of one run, the refill included",
      [
        { name: "around the program, as measured with bash", cpuMs: around },
        { name: "python, as started bare", cpuMs: bare.cpuMs },
        { name: "the rest", cpuMs: used.sandbox - around - bare.cpuMs },
      ],
      bare.cpuMs,
    );
    printSteps(
      "sandbox: CPU of one start by step; namespaces by unshare, each beyond those before it",
      await measureSandboxSteps(python.code, STEPS),
      bare.cpuMs,
    );
    process.stdout.write("\nin all\n");
    const at = (share: number) => percentile(times, share);
    const spread = [0.5, 0.95, 0.99].map((share) => at(share).toFixed(1)).join("/");
    const bareP50 = percentile(bare.times, 0.5);
    const unbound = { bound: Infinity, unit: "×" };
    return [
      ...PARTS.map((part) => ({
        name: `CPU of a run: ${part}`,
        measured: `${used[part].toFixed(2)} ms`,
        beside: `bare python3 ${bare.cpuMs.toFixed(2)} ms`,
        value: used[part] / bare.cpuMs,
        ...unbound,
      })),
      {
        name: "request to end, p50",
        measured: `${spread} ms`,
        beside: `p50/p95/p99; bare python3 ${bareP50.toFixed(1)} ms`,
        value: at(0.5) / bareP50,
        ...unbound,
      },
      {
        name: "request to end, p99 to p50",
        ...{ measured: "", beside: "", value: at(0.99) / at(0.5) },
        ...unbound,
      },
    ];
  },
};
