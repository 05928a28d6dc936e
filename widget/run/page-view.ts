import { idle, type Shown, type Trouble, type View } from "../element/view.ts";

/** Inputs that need no answer from a server. */
export type PageInput =
  /** `again`: the stored result stays on the page until the new run has output. */
  | { type: "posted"; again?: boolean | undefined; edited?: string | undefined }
  | { type: "trouble"; trouble: Trouble }
  | { type: "canceling" }
  | { type: "cancel_failed" }
  /** Stop was pressed before the server had the request; or others still wait for the same run. */
  | { type: "withdrawn" };

/** The view after `input`; `now` is this page's clock in ms. */
export function afterPageInput(view: View, input: PageInput, now: number): View {
  switch (input.type) {
    case "posted":
      return {
        ...idle,
        state: "posted",
        pressedAt: now,
        edited: input.edited,
        ...(input.again && { stored: view.stored, earlier: shownOf(view) }),
      };
    case "trouble":
      return { ...view, trouble: input.trouble, toldAt: now };
    case "canceling":
      return { ...view, canceling: true };
    case "cancel_failed":
      return { ...view, canceling: false };
    case "withdrawn":
      // The run may have ended while Stop was on its way.
      return view.ending ? view : { ...view, ...settled, state: "canceled" };
    default:
      input satisfies never;
      return view;
  }
}

/** Fields of a view whose run has ended. */
export const settled = {
  canceling: false,
  waking: undefined,
  retrying: undefined,
  trouble: undefined,
};

/** Whether the result on the page came from storage, not from a run that this press began. */
export function isStored({ stored, run, state }: View): boolean {
  return stored !== undefined && (state === "idle" || stored.id === run?.id);
}

/** The output, ending and files that are on the page. */
export function shownOf(view: View): Shown {
  const { output, ending, run, earlier } = view;
  return earlier ?? { output, ending, result_url: run?.result_url };
}
