import type { StepEnded, StepStarted } from "../../protocol/events.ts";
import type { AttemptOutput } from "../execution/attempt-output.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { ProgramStatus } from "../sandbox/supervisor/supervisor.ts";

const NAME_CHARACTERS = 1000;
export const SUCCESS: ProgramStatus = { exitCode: 0, signal: null };

export interface StepOptions {
  /** The commit, where the run has several. */
  readonly commit?: string | undefined;
  /** How the step counts, by the status that it ended with. */
  readonly outcome?: (status: ProgramStatus) => StepEnded["outcome"];
  /** When its program began and ended, by `performance.now()`, where that ran beside others. */
  readonly times?: { readonly begun: number; ended?: number };
}

/** Numbers an attempt's steps and says where each begins and ends. */
export interface Steps {
  /** An error of `work` ends the step too. Steps are sequential and never nested. */
  step<Result extends ProgramStatus | void>(
    kind: StepStarted["kind"],
    name: string,
    work: () => Promise<Result>,
    more?: StepOptions,
  ): Promise<Result>;
  /** Prints a line of the result. */
  print(line: string): void;
  /** Prints a line of our own to stderr. */
  say(line: string): void;
}

export function countSteps(output: AttemptOutput, flush: () => void): Steps {
  let last = 0;
  return {
    async step(kind, name, work, { commit, outcome, times } = {}) {
      const step = ++last;
      const started: StepStarted = {
        type: "step_started",
        step,
        kind,
        name: name.slice(0, NAME_CHARACTERS),
        ...(times && { began_ago_s: (performance.now() - times.begun) / 1000 }),
      };
      output.mark(commit === undefined ? started : { ...started, commit });
      const begun = times?.begun ?? performance.now();
      const end = ({ exitCode, signal }: ProgramStatus) => {
        flush();
        const ran_s = ((times?.ended ?? performance.now()) - begun) / 1000;
        const counted = outcome?.({ exitCode, signal });
        output.mark({
          type: "step_ended",
          step,
          exit_code: exitCode,
          signal,
          ran_s,
          ...(counted && { outcome: counted }),
        });
      };
      try {
        const result = await work();
        end(result ?? SUCCESS);
        return result;
      } catch (error) {
        // A step that a limit or a signal interrupted has no exit code.
        end({ exitCode: error instanceof CommandRefusal ? 1 : null, signal: null });
        throw error;
      }
    },
    print: (line) => output.write("stdout", Buffer.from(`${line}\n`)),
    say: (line) => output.write("stderr", Buffer.from(`${line}\n`)),
  };
}
