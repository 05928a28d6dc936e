import type { StepEnded, StepStarted } from "../../protocol/events.ts";
import type { AttemptOutput } from "../execution/attempt-output.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { OnOutput } from "../sandbox/result.ts";
import type { ProgramStatus } from "../sandbox/supervisor/supervisor.ts";
import { masked, type Masked } from "./mask.ts";

const NAME_CHARACTERS = 1000;
export const SUCCESS: ProgramStatus = { exitCode: 0, signal: null };

export interface StepOptions {
  /** The commit, where the run has several. */
  readonly commit?: string | undefined;
  /** The pass of the file's matrix. */
  readonly pass?: number | undefined;
  /** How the step counts, by the status that it ended with. */
  readonly outcome?: (status: ProgramStatus) => StepEnded["outcome"];
}

/** Numbers an attempt's steps and says where each begins and ends. */
export interface Steps {
  /** An error of `work` ends the step too. Only steps of `beside` run beside it. */
  step<Result extends ProgramStatus | void>(
    kind: StepStarted["kind"],
    name: string,
    work: () => Promise<Result>,
    more?: StepOptions,
  ): Promise<Result>;
  /** A step that may run beside others: `work` writes its output to `write`. */
  beside(
    kind: StepStarted["kind"],
    name: string,
    work: (write: OnOutput) => Promise<ProgramStatus>,
    more?: StepOptions,
  ): Promise<ProgramStatus>;
  /** Prints a line of the result. */
  print(line: string): void;
  /** Prints a line of our own to stderr. */
  say(line: string): void;
}

export interface Masking {
  /** Masks the output of all steps that run alone. */
  readonly mask: Masked;
}

/** `secrets` are masked in all output. */
export function countSteps(output: AttemptOutput, secrets: readonly string[]): Steps & Masking {
  const mask = masked(secrets, output.write);
  let last = 0;

  const begin = (
    kind: StepStarted["kind"],
    name: string,
    { commit, pass }: StepOptions,
  ): number => {
    const step = ++last;
    const cut = name.slice(0, NAME_CHARACTERS);
    const at = { ...(commit && { commit }), ...(pass && { pass }) };
    output.mark({ type: "step_started", step, kind, name: cut, ...at });
    return step;
  };

  /** Marks the end of a step once `work` has ended. */
  async function endWith<Result extends ProgramStatus | void>(
    step: number,
    work: () => Promise<Result>,
    { flush }: Pick<Masked, "flush">,
    outcome: StepOptions["outcome"],
  ): Promise<Result> {
    const begun = performance.now();
    const end = ({ exitCode, signal }: ProgramStatus) => {
      flush();
      const ran_s = (performance.now() - begun) / 1000;
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
  }

  return {
    mask,
    step: (kind, name, work, options = {}) =>
      endWith(begin(kind, name, options), work, mask, options.outcome),
    beside(kind, name, work, options = {}) {
      const step = begin(kind, name, options);
      // A secret may be split over two pieces of one program's output, not over those of two programs.
      const own = masked(secrets, (stream, bytes) => output.write(stream, bytes, step));
      return endWith(step, () => work(own.write), own, options.outcome);
    },
    print: (line) => mask.write("stdout", Buffer.from(`${line}\n`)),
    say: (line) => mask.write("stderr", Buffer.from(`${line}\n`)),
  };
}
