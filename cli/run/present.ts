import { EXIT } from "../exit-codes.ts";
import { isTerminal, note } from "../print.ts";
import { follow, type Followed } from "./follow.ts";
import { followPlace, placeText } from "./place.ts";
import { screen, type ScreenOptions } from "./screen.ts";
import { statusLine } from "./status-line.ts";
import { exitCodeOf } from "./words.ts";

/** How long after Ctrl-C the run's end is waited for, in ms. */
const CANCEL_PATIENCE_MS = 5_000;

/** Shows a run as it happens, until it ends; Ctrl-C does `cancel`. Returns the exit code. */
export async function present(
  run: Followed & { run_url: string },
  { cancel, ...options }: ScreenOptions & { cancel: () => Promise<unknown> },
): Promise<number> {
  const status = statusLine();
  const stop = new AbortController();
  const ending = onInterrupt(async () => {
    status.show(() => "Canceling");
    setTimeout(() => stop.abort(), CANCEL_PATIENCE_MS).unref();
    await cancel().catch(() => stop.abort());
  });
  const place = followPlace(run, (position) => {
    // Where no line is redrawn, a wait that is somebody else's doing is told once.
    if (!isTerminal("stderr") && position > 1) note(placeText(position));
  });
  const show = screen(status, { ...options, own: true, place: () => place.text });
  try {
    for await (const event of follow(run, stop.signal)) {
      place.heard(event);
      show(event);
      if (event.type === "ended") return exitCodeOf(event);
    }
    return EXIT.canceled;
  } finally {
    place.end();
    status.clear();
    ending();
  }
}

/** Calls `action` at the first Ctrl-C or SIGTERM; the second ends the process. Returns its undoing. */
function onInterrupt(action: () => Promise<void>): () => void {
  let asked = false;
  const listener = () => {
    if (asked) process.exit(EXIT.canceled);
    asked = true;
    void action();
  };
  process.on("SIGINT", listener);
  process.on("SIGTERM", listener);
  return () => {
    process.off("SIGINT", listener);
    process.off("SIGTERM", listener);
  };
}
