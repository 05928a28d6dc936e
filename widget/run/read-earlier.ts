import type { View } from "../element/view.ts";
import { getResult } from "./api.ts";
import { isStored } from "./page-view.ts";
import type { ServerInput } from "./run-view.ts";

/** Reads the stored result that is shown until a run has output, if there is one. */
export function readEarlier(
  view: View,
  server: string,
  receive: (input: ServerInput) => void,
): void {
  const { stored, earlier } = view;
  if (!stored || earlier || isStored(view)) return;
  getResult(new URL(stored.result_url, server).href).then(
    (result) => receive({ type: "earlier", result }),
    // If it can't be read, the page shows the new run alone.
    () => undefined,
  );
}
