import { paths } from "../../../protocol/paths.ts";
import { eventually } from "../../eventually.ts";
import type { Stage } from "./stage.ts";

/** A machine that came up, did a run and is idle. */
export async function idleMachine(stage: Stage) {
  const run = await stage.run();
  const launch = await stage.launched();
  const machine = await stage.boots(launch);
  await machine.finish(await machine.claimOne());
  await stage.until(run, ({ state }) => state === "succeeded");
  return { machine, launch, id: `i-${launch.launch_id}` };
}

/** The same, which said since that it goes: `launch` and `stop` were asked for. */
export async function stoppedMachine(stage: Stage) {
  const { machine, launch, id } = await idleMachine(stage);
  await machine.post(paths.responder.leave);
  await eventually(async () => ((await stage.states())[0] === "stopped" ? true : undefined));
  return { launch, id };
}

/** Resolves with the run's view when it has ended. */
export const ended = (stage: Stage, run: string) =>
  stage.until(run, ({ ending }) => ending !== undefined);
