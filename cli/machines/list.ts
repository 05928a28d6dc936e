import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import {
  budgetWords,
  causeWords,
  costWords,
  wentWords,
  hoursWords,
  kindWords,
  releaseWords,
  settingWords,
} from "../../protocol/machine-words.ts";
import {
  MachineAnswerSchema,
  MachineListSchema,
  type MachineView,
  type WakeView,
} from "../../protocol/machines.ts";
import { paths } from "../../protocol/paths.ts";
import { duration } from "../../protocol/words.ts";
import { connect } from "../api/client.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT } from "../command/options.ts";
import { formatAge } from "../terminal/age.ts";
import { note, printFacts, tell } from "../terminal/print.ts";

export function list(): CommandUnknownOpts {
  return createCommand("list", "List machines, and what is left of today's machine-hours")
    .option("--project <OWNER/NAME>", "Only those of this project")
    .option("--all", "With those that are gone")
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples("deferred machines list", "deferred machines list --project ada/blog --all"),
    )
    .action(async ({ project, all = false, json = false }) => {
      const query = project === undefined ? "" : `?${new URLSearchParams({ project })}`;
      const client = await connect({ project });
      const found = await client.call(paths.machines + query, MachineListSchema);
      const shown = found.machines.filter(({ state }) => all || state !== "gone");
      const now = Date.now();
      const rows = shown.map((machine) => [
        machine.id,
        stateOf(machine),
        kindWords(machine),
        machine.pool,
        formatAge(machine.since, now),
        idleOf(machine, now),
        machine.release ? `${machine.release}${machine.is_older ? " (old)" : ""}` : "",
        hoursWords(machine.hours),
        costWords(machine.cost),
        machine.went ? wentWords(machine.went) : causeWords(machine.came),
      ]);
      const header = [
        "ID",
        "STATE",
        "KIND",
        "POOL",
        "SINCE",
        "IDLE",
        "RELEASE",
        "HOURS",
        "COST",
        "WHY",
      ];
      printFacts(json, { ...found, machines: shown }, rows.length === 0 ? [] : [header, ...rows]);
      if (json) return;
      if (rows.length === 0) note("no machine is there: runs wake them, and deferred machines add");
      const { usual } = found;
      tell(
        `${budgetWords(found.budget)}.`,
        ...(usual
          ? [
              `Of the last ${usual.wakes} wakes half took ${duration(usual.p50_s)}, nine in ten ${duration(usual.p90_s)}.`,
            ]
          : []),
        ...settingWords(found.settings).map(([name, value]) => `${name}: ${value}`),
      );
    });
}

/** While it launches with the phase. */
function stateOf({ state, phase, step }: MachineView): string {
  if (state !== "launching") return state;
  const at = step ? ` ${step.number}/${step.of}` : "";
  return `${state}: ${phase.replaceAll("_", " ")}${at}`;
}

function idleOf(machine: MachineView, now: number): string {
  if (machine.runs.length > 0) return `${machine.runs.length} running`;
  return machine.idle_since === null ? "" : formatAge(machine.idle_since, now);
}

export function show(): CommandUnknownOpts {
  return createCommand("show", "Show one machine and its wakes")
    .argument("<ID>", "The machine's id, as machines list shows it")
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred machines show 3h3pz6k2m9t0q4w8x1r5v7y2ab"))
    .action(async (id, { json = false }) => {
      const client = await connect();
      const found = await client.call(paths.machine(id), MachineAnswerSchema);
      printFacts(json, found, [...factsOf(found.machine), ...found.wakes.map(wakeRow)]);
    });
}

/** A machine's facts as rows of a name and a value. */
function factsOf(machine: MachineView): string[][] {
  const { host, sandbox, step } = machine;
  const facts: [string, string | null | undefined][] = [
    ["machine", machine.id],
    ["state", machine.state],
    ["phase", machine.state === "launching" ? machine.phase : undefined],
    ["step", step && `${step.number}/${step.of} ${step.name}`],
    ["kind", kindWords(machine)],
    ["image", machine.image],
    ["provider's id", machine.provider_id],
    ["pool", machine.pool],
    ["pays", machine.project ?? "the server"],
    ["came", [causeWords(machine.came), machine.came?.run].filter(Boolean).join(" ")],
    ["since", machine.since],
    ["ready", machine.ready_at],
    ["runs", machine.runs.join(" ")],
    ["idle since", machine.idle_since],
    ["went", machine.went && wentWords(machine.went)],
    ["ended", machine.ended_at],
    ["used", [hoursWords(machine.hours), costWords(machine.cost)].filter(Boolean).join(", ")],
    ["host", host && `${host.os} ${host.arch}, ${host.cpus} processors, ${host.memory_mb} MB`],
    ["sandbox", sandbox && [sandbox.name, ...sandbox.features].join(" ")],
    ["responder", releaseWords(machine)],
    ["runtimes", machine.runtimes.map(({ name, version }) => `${name} ${version}`).join(", ")],
  ];
  return facts.flatMap(([name, value]) => (value ? [[name, value]] : []));
}

function wakeRow({ at, kind, ready_s, came, went }: WakeView): string[] {
  const ready = ready_s === null ? "never ready" : `ready after ${duration(ready_s)}`;
  const words = [kind.replaceAll("_", " "), ready, causeWords(came), went ? wentWords(went) : ""];
  return [`wake ${at.slice(0, 19)}Z`, words.filter(Boolean).join(" · ")];
}
