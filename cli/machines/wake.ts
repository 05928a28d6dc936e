import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { setTimeout as sleepFor } from "node:timers/promises";
import type * as v from "valibot";
import { paths } from "../../protocol/paths.ts";
import { PoolAnswerSchema } from "../../protocol/projects.ts";
import { connect } from "../api/client.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, PROJECT } from "../command/options.ts";
import { duration } from "../../protocol/words.ts";
import { print, printJson } from "../terminal/print.ts";
import { createStatusLine } from "../terminal/status-line.ts";

type PoolState = v.InferOutput<typeof PoolAnswerSchema>["state"];

const POLL_MS = 500;
const SENTENCES: Record<PoolState, string> = {
  ready: "a machine is awake",
  waking: "a machine is on its way",
  leaving: "its machines go once they have ended what they run",
  asleep: "no machine is awake",
  declined: "no machine is woken: today's machine-hours are used up",
};

export function wake(command: Command): CommandUnknownOpts {
  return poolCommand(command, "a machine is awake", paths.projectWake, "ready")
    .description("It goes away again as any machine does, after its idle time.")
    .addHelpText("after", examples("deferred wake --project acme/site --wait"));
}

export function sleep(command: Command): CommandUnknownOpts {
  return poolCommand(command, "no machine is awake", paths.projectSleep, "asleep")
    .description(
      "Runs that are under way finish first. Work that comes later wakes a machine again.",
    )
    .addHelpText("after", examples("deferred sleep --project acme/site --wait"));
}

function poolCommand(
  command: Command,
  goal: string,
  path: (slug: string) => string,
  wanted: PoolState,
): CommandUnknownOpts {
  return command
    .option(...PROJECT)
    .option("--wait", `Return once ${goal}`)
    .option(...JSON_OUTPUT)
    .action(async ({ project, wait, json }) => {
      const client = await connect({ project });
      const ask = async () =>
        (await client.call(path(client.project), PoolAnswerSchema, { method: "POST" })).state;
      const state = wait ? await poll(ask, wanted) : await ask();
      if (json) printJson({ state });
      else print(`${client.project}: ${SENTENCES[state]}`);
      process.exitCode = state === "declined" ? EXIT.refused : EXIT.ok;
    });
}

/** Asks until the state is `wanted`, or can't become so. */
async function poll(ask: () => Promise<PoolState>, wanted: PoolState): Promise<PoolState> {
  const status = createStatusLine();
  const begun = performance.now();
  try {
    for (;;) {
      const state = await ask();
      if (state === wanted || state === "declined") return state;
      status.show((now) => `${SENTENCES[state]} ${duration((now - begun) / 1000)}`);
      await sleepFor(POLL_MS);
    }
  } finally {
    status.clear();
  }
}
