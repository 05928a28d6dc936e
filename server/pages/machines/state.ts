import { html } from "hono/html";
import type { MachineView } from "../../../protocol/machines.ts";
import type { RunState } from "../../../protocol/run.ts";
import type { Html } from "../layout.ts";
import { stateIcon } from "../projects/marks.ts";

/** Reasons of an end that somebody should look at. */
const BAD = ["machine_gone", "boot_failed", "sandbox_missing", "launch_failed", "launch_refused"];
const TROUBLE = [...BAD, "no_capacity", "quota_reached"];

/** The mark of a run's state that looks like the machine's. */
function markOf({ state, runs, went }: MachineView): RunState {
  if (state === "launching") return "waking";
  if (state === "ready") return runs.length > 0 ? "running" : "succeeded";
  if (state === "leaving") return "retrying";
  return went !== null && TROUBLE.includes(went.reason) ? "errored" : "canceled";
}

/** A machine's state: its mark and its words. */
export function machineState(machine: MachineView): Html {
  return html`<span class="state">${stateIcon(markOf(machine))} ${wordsOf(machine)}</span>`;
}

function wordsOf({ state, phase, step, runs }: MachineView): string {
  switch (state) {
    case "launching":
      return step && phase === "setting_up"
        ? `Setting up ${step.number}/${step.of}`
        : `Waking: ${phase.replaceAll("_", " ")}`;
    case "ready":
      return runs.length === 0 ? "Idle" : `Running ${runs.length}`;
    case "leaving":
      return runs.length === 0 ? "Leaving" : `Leaving after ${runs.length}`;
    case "stopped":
      return "Stopped";
    case "gone":
      return "Gone";
    default:
      return state satisfies never;
  }
}
