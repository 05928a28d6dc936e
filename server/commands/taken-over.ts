import type { TakenOver } from "../../protocol/passes.ts";
import type { Ending } from "../../protocol/run.ts";
import type { StepView } from "../runs/log-steps.ts";

export interface EndedRun {
  id: string;
  /** What it took over itself. */
  takenOver: readonly TakenOver[];
  ending: Pick<Ending, "state" | "exit_code">;
}

/**
 * The passes of a matrix that a run of the failed ones takes over from a run that ended; empty where there is none, or
 * nothing failed. Each pass has a work tree of its own, so the others can run without it. Commands of one pass share
 * a work tree, and run all again.
 */
export function passesTakenOver(run: EndedRun, steps: readonly StepView[]): TakenOver[] {
  const { state, exit_code } = run.ending;
  if (state === "succeeded") return [];
  const byPass = Map.groupBy(
    steps.filter(({ pass }) => pass !== undefined),
    ({ pass }) => pass!,
  );
  // Passes run one after another, so only the last one can have been interrupted.
  const interrupted = exit_code === null ? Math.max(0, ...byPass.keys()) : undefined;
  return [...byPass].flatMap(([pass, its]) => {
    const earlier = run.takenOver.find((one) => one.pass === pass);
    if (earlier) return [earlier];
    return pass !== interrupted && its.every(wentWell) ? [{ pass, run: run.id }] : [];
  });
}

function wentWell({ ended }: StepView): boolean {
  return ended?.exitCode === 0 || ended?.outcome !== undefined;
}
