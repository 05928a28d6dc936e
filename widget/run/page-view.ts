import type { Shown, View } from "../element/view.ts";

/** Whether the result on the page came from storage, not from a run that this press began. */
export function isStored({ stored, run, state }: View): boolean {
  return stored !== undefined && (state === "idle" || stored.id === run?.id);
}

/** The output, ending and files that are on the page. */
export function shownOf(view: View): Shown {
  const { output, ending, run, earlier } = view;
  return earlier ?? { output, ending, result_url: run?.result_url };
}
