import { positionWords } from "../../protocol/words.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { isTerminal, note } from "../terminal/print.ts";
import { follow, type Followed } from "./follow.ts";
import { followPlace } from "./place.ts";
import { screen, type ScreenOptions } from "./screen.ts";
import { createStatusLine } from "../terminal/status-line.ts";
import { onStopSignal } from "../terminal/stop-signals.ts";
import { exitCodeOf } from "./words.ts";

/** How long to wait for the run's end after Ctrl-C. */
const CANCEL_TIMEOUT_MS = 5_000;

/** Shows a run until it ends; Ctrl-C calls `cancel`. Resolves with the exit code. */
export async function present(
  run: Followed & { run_url: string },
  { cancel, ...options }: ScreenOptions & { cancel: () => Promise<unknown> },
): Promise<number> {
  const status = createStatusLine();
  const stop = new AbortController();
  const stopListening = onStopSignal(() => {
    status.show(() => "Canceling");
    setTimeout(() => stop.abort(), CANCEL_TIMEOUT_MS).unref();
    cancel().catch(() => stop.abort());
  }, EXIT.canceled);
  const place = followPlace(run, (position) => {
    // Without a line that is redrawn, the place is printed once.
    if (!isTerminal("stderr") && position > 1) note(positionWords(position));
  });
  const shown = screen(status, { ...options, own: true, place: () => place.text });
  try {
    for await (const event of follow(run, stop.signal)) {
      place.onEvent(event);
      shown.show(event);
      if (event.type === "ended") return exitCodeOf(event);
    }
    return EXIT.canceled;
  } finally {
    shown.end();
    place.end();
    status.clear();
    stopListening();
  }
}
