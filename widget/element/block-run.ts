import type { RunEvent } from "../../protocol/events.ts";
import type { Result, StoredResult } from "../../protocol/run.ts";
import type { Place } from "./place.ts";
import type { Press, RunSession } from "../run/run-session.ts";
import { lastRun, type LastRun } from "./last-run.ts";
import { loadRunPart, type RunPart } from "./run-part.ts";
import { afterPageInput, idle, isBusy, type PageInput, type Refusal, type View } from "./view.ts";

/** The runs of one block. A press waits here until the run part is loaded, which then does the work. */
export class BlockRun {
  view: View = idle;
  /** Absent until the first press, or the first run that is resumed. */
  part: RunPart | undefined;
  #session: RunSession | undefined;
  /** Stop aborts it while the run part loads. */
  #waiting: AbortController | undefined;
  readonly #onChange: (before: View, event?: RunEvent) => void;

  constructor(onChange: (before: View, event?: RunEvent) => void) {
    this.#onChange = onChange;
  }

  /** Asks for a run. Resolves once the server accepted or refused. */
  async press(place: Place, press: Press): Promise<void> {
    const at = Date.now();
    const session = await this.#load(at, press);
    await session?.press(place, press, at);
  }

  /** Resumes and returns the run that a closed page left, if any. */
  restore(place: Place): LastRun | null {
    const last = this.view === idle ? lastRun(place.name) : null;
    if (last) void this.#resume(place, last);
    return last;
  }

  async #resume(place: Place, last: LastRun): Promise<void> {
    const edited = last.edited ? last.request.code : undefined;
    const session = await this.#load(last.at, { fresh: false, edited });
    if (session) session.restore(place, last);
    else lastRun(place.name, null);
  }

  /** Shows the stored result of an earlier run, unless something was pressed meanwhile. */
  found(part: RunPart, stored: StoredResult, result: Result): void {
    if (this.view === idle) this.#begin(part).found(stored, result);
  }

  /** Says why there is no code to run, unless something was pressed meanwhile. */
  refused(part: RunPart, refusal: Refusal): void {
    if (!isBusy(this.view)) this.#begin(part).refused(refusal);
  }

  async cancel(): Promise<void> {
    if (this.#waiting) {
      this.#waiting.abort();
      this.#take({ type: "withdrawn" });
    } else await this.#session?.cancel();
  }

  /** Follows the run, if there is one, until it has ended. */
  follow(): void {
    this.#session?.follow();
  }

  unfollow(): void {
    this.#session?.unfollow();
  }

  /** Loads the run part, however long it takes; undefined: Stop was pressed meanwhile. */
  async #load(
    at: number,
    { fresh, edited }: Pick<Press, "fresh" | "edited">,
  ): Promise<RunSession | undefined> {
    this.#take({ type: "posted", again: fresh, edited }, at);
    if (this.#session) return this.#session;
    const { signal } = (this.#waiting = new AbortController());
    for (let tries = 0; !this.part && !signal.aborted; tries++) {
      try {
        this.part = await loadRunPart();
      } catch {
        if (signal.aborted) break;
        this.#take({ type: "trouble", trouble: { offline: !navigator.onLine, waitS: 0 } });
        await untilNextTry(tries, signal);
      }
    }
    if (signal.aborted || !this.part) return undefined;
    this.#waiting = undefined;
    return this.#begin(this.part);
  }

  #begin(part: RunPart): RunSession {
    this.part = part;
    this.#session = new part.RunSession(this.view, (view, event) => this.#show(view, event));
    return this.#session;
  }

  #take(input: PageInput, at = Date.now()): void {
    this.#show(afterPageInput(this.view, input, at));
  }

  #show(view: View, event?: RunEvent): void {
    const before = this.view;
    this.view = view;
    if (!isBusy(view)) this.#waiting = undefined;
    this.#onChange(before, event);
  }
}

/** Waits until the device is online again, at most a time that doubles to 15 s. Stop ends it. */
function untilNextTry(tries: number, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.min(500 * 2 ** tries, 15_000));
    addEventListener("online", resolve, { once: true, signal });
    signal.addEventListener("abort", resolve);
  });
}
