import type { HeldSandbox } from "../lifecycle/held-sandbox.ts";
import { markedStreams } from "./marked-streams.ts";
import type { CommandSandbox } from "../sandbox.ts";
import { bundledProgram } from "../../process/bundled-program.ts";
import { SandboxGone } from "./control-channel.ts";
import { openSupervisor } from "./supervisor.ts";

const FILE = "supervise.cjs";
/** The program that waits in a command sandbox. */
export const SUPERVISOR = {
  file: FILE,
  get text() {
    return bundledProgram(FILE);
  },
} as const;

/** A command sandbox of one whose waiting process is a supervisor. */
export function commandSandbox(held: HeldSandbox): CommandSandbox {
  return {
    gone: held.gone,
    discard: held.discard,
    async run(limits, converse, onOutput, signal) {
      const streams = markedStreams(onOutput);
      let failure: { error: unknown } | undefined;
      let said: Promise<void> = Promise.resolve();
      const ending = await held.execute({
        limits,
        signal,
        onOutput: streams.write,
        speak(control, shorten) {
          const { supervisor, end } = openSupervisor(control, streams, held.gone);
          said = converse({ ...supervisor, shorten }).then(end, (error: unknown) => {
            failure = { error };
            end(1);
          });
        },
      });
      // The rest of the conversation fails by itself once the sandbox is gone.
      await said;
      const own = failure !== undefined && !(failure.error instanceof SandboxGone);
      if (own && ending.cause === "exited") throw failure!.error;
      return ending;
    },
  };
}
