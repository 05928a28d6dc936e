import { setTimeout as pause } from "node:timers/promises";
import type * as v from "valibot";
import { paths } from "../../protocol/paths.ts";
import { PoolAnswerSchema } from "../../protocol/projects.ts";
import { connect, PROJECT_OPTION, type Client } from "../client.ts";
import type { Arguments, Command } from "../command.ts";
import { duration } from "../../protocol/words.ts";
import { EXIT } from "../exit-codes.ts";
import { statusLine } from "../run/status-line.ts";
import { print, printJson } from "../print.ts";

type PoolState = v.InferOutput<typeof PoolAnswerSchema>["state"];

/** Between two looks, in ms. */
const PAUSE_MS = 500;
const SENTENCES: Record<PoolState, string> = {
  ready: "a machine is awake",
  waking: "a machine is on its way",
  leaving: "its machines go once they have ended what they run",
  asleep: "no machine is awake",
  declined: "no machine is woken: today's machine-hours are used up",
};
const options = (aim: string): Command["options"] => ({
  project: PROJECT_OPTION,
  wait: { type: "boolean", help: `Come back once ${aim}` },
  json: { type: "boolean", help: "As JSON" },
});

export const wake: Command = {
  name: "wake",
  usage: "[options]",
  summary: "Wake a machine for a project before it is needed.",
  details: ["It goes away again as any machine does, after its idle time."],
  options: options("a machine is awake"),
  examples: ["deferred wake --project acme/site --wait"],
  run: (args) => ask(args, paths.projectWake, "ready"),
};

export const sleep: Command = {
  name: "sleep",
  usage: "[options]",
  summary: "Let a project's machines go once they have nothing to do.",
  details: ["What runs is ended first. Work that comes later wakes a machine again."],
  options: options("none is awake"),
  examples: ["deferred sleep --project acme/site --wait"],
  run: (args) => ask(args, paths.projectSleep, "asleep"),
};

async function ask(
  args: Arguments,
  path: (slug: string) => string,
  aim: PoolState,
): Promise<number> {
  args.none();
  const client = await connect(args);
  const state = args.flag("wait")
    ? await settled(client, path, aim)
    : await stateOf(client, path(client.project));
  if (args.flag("json")) printJson({ state });
  else print(`${client.project}: ${SENTENCES[state]}`);
  return state === "declined" ? EXIT.refused : EXIT.ok;
}

/** Asks until it is as it was asked for, or never will be. */
async function settled(
  client: Client,
  path: (slug: string) => string,
  aim: PoolState,
): Promise<PoolState> {
  const status = statusLine();
  const begun = performance.now();
  try {
    for (;;) {
      const state = await stateOf(client, path(client.project));
      if (state === aim || state === "declined") return state;
      status.show((now) => `${SENTENCES[state]} ${duration((now - begun) / 1000)}`);
      await pause(PAUSE_MS);
    }
  } finally {
    status.clear();
  }
}

async function stateOf(client: Client, path: string): Promise<PoolState> {
  return (await client.call(path, PoolAnswerSchema, { method: "POST" })).state;
}
