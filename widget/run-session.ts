import type { RunEvent } from "../protocol/events.ts";
import type { RunRequest } from "../protocol/requests.ts";
import type { RunCreated } from "../protocol/run.ts";
import { deleteRun, getResult, postRun, RefusedError } from "./api.ts";
import { followRun } from "./follow-run.ts";
import { lastRun, type Asked, type LastRun } from "./last-run.ts";
import {
  idle,
  isBusy,
  isEvent,
  isStored,
  nextView,
  type LocalInput,
  type View,
} from "./run-view.ts";

/** Where a run is asked for, and under which name this browser keeps it. */
export interface Place {
  server: string;
  name: string;
}

/** By key: an element that took another's place on its page asks for the same, and Stop stops both. */
const withdrawals = new Map<string, AbortController>();

/** An element's runs, one after another: asks for them, follows them, goes on with what a closed page left. */
export class RunSession {
  view: View = idle;
  #place: Place = { server: "", name: "" };
  /** The idempotency key of the last press. */
  #key: string | undefined;
  #withdrawal: AbortController | undefined;
  #cancelToken: string | undefined;
  #unfollow: (() => void) | undefined;
  /** The run is one that a closed page left, and the server has not said anything about it yet. */
  #doubtful = false;
  readonly #onChange: (before: View, input: RunEvent | LocalInput) => void;

  constructor(onChange: (before: View, input: RunEvent | LocalInput) => void) {
    this.#onChange = onChange;
  }

  /**
   * Asks for a run. Resolves once the server accepted or refused. `differs` says what can be known of code
   * that is not what its author signed.
   */
  press(
    place: Place,
    request: RunRequest,
    { edited, differs }: { edited: boolean; differs: () => string },
  ): Promise<void> {
    return this.#ask(place, { request, key: newKey(), at: Date.now(), edited }, differs);
  }

  /** A page that is closed before there is an answer asks the same once more when it is opened again. */
  async #ask(place: Place, asked: Asked, differs?: () => string): Promise<void> {
    const { request, key, at } = asked;
    this.unfollow();
    this.#place = place;
    this.#key = key;
    this.#doubtful = false;
    const { signal } = (this.#withdrawal = withdrawals.get(key) ?? new AbortController());
    withdrawals.set(key, this.#withdrawal);
    this.#take({ type: "posted", again: request.fresh }, at);
    try {
      const created = await postRun(place.server, request, key, {
        signal,
        onTry: () => lastRun(place.name, { ...asked, sent: Date.now() }),
        onRetry: (trouble) => this.#take({ type: "trouble", trouble }),
      });
      lastRun(place.name, { ...asked, ...created, sent: undefined });
      this.#accepted(created);
      if (signal.aborted) await this.#leave();
    } catch (error) {
      if (error instanceof RefusedError) {
        const { refusal } = error;
        // What the server says comes first: it knows more.
        const detail =
          refusal.detail ??
          (/^code_(mismatch|empty)$/.test(refusal.code) ? differs?.() : undefined);
        this.#take({ type: "refused", refusal: { ...refusal, detail } });
      } else if (signal.aborted) this.#take({ type: "withdrawn" });
      else throw error;
    }
  }

  /** Goes on with what is kept for `place`, if there is anything; returns it. */
  restore(place: Place): LastRun | null {
    const last = this.view === idle ? lastRun(place.name) : null;
    if (last?.id === undefined) {
      if (last) void this.#ask(place, last);
      return last;
    }
    this.#place = place;
    this.#key = last.key;
    this.#doubtful = true;
    this.#take({ type: "posted" }, last.at);
    this.#accepted(last, last.at);
    return last;
  }

  async cancel(): Promise<void> {
    if (!isBusy(this.view) || this.view.canceling) return;
    this.#take({ type: "canceling" });
    this.#withdrawal?.abort();
    if (this.view.run) await this.#leave();
    else this.#forget();
  }

  /** Follows the run, if there is one, until it has ended. */
  follow(): void {
    const { run } = this.view;
    if (!run || !isBusy(this.view) || this.#unfollow) return;
    this.#unfollow = followRun(this.#place.server, run, (input) => this.#take(input), {
      doubtful: this.#doubtful,
    });
  }

  unfollow(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  #accepted(created: RunCreated, at?: number): void {
    this.#cancelToken = created.cancel_token;
    this.#take({ type: "accepted", created }, at);
    const { stored, earlier } = this.view;
    if (stored && !earlier && !isStored(this.view)) {
      // Where it can't be read, the new run is waited for as if there were none.
      getResult(new URL(stored.result_url, this.#place.server).href).then(
        (result) => this.#take({ type: "earlier", result }),
        () => undefined,
      );
    }
  }

  async #leave(): Promise<void> {
    const { run } = this.view;
    if (!run) return;
    try {
      const { ending } = await deleteRun(this.#place.server, run.id, this.#cancelToken ?? "");
      // Others wait for it: it goes on without this reader.
      if (!ending) this.#take({ type: "withdrawn" });
    } catch {
      // The server may be away for a moment: Stop can be pressed again. How it ends, the events tell.
      this.#take({ type: "cancel_failed" });
    }
  }

  #take(input: RunEvent | LocalInput, at = Date.now()): void {
    const before = this.view;
    this.view = nextView(before, input, at);
    if (isEvent(input) || input.type === "polled") this.#doubtful = false;
    // Whoever opens a page has asked for nothing yet: a run that is gone by now is none.
    else if (input.type === "refused" && this.#doubtful) this.view = idle;
    if (this.view === before) return;
    if (!isBusy(this.view)) {
      if (input.type !== "unheard") this.#forget();
      this.unfollow();
    }
    this.#onChange(before, input);
  }

  /** Another page may keep a run of its own under the same name. */
  #forget(): void {
    const { name } = this.#place;
    if (lastRun(name)?.key === this.#key) lastRun(name, null);
  }
}

/** `crypto.randomUUID` exists only on secure pages; a static page may be plain http. */
function newKey(): string {
  return crypto.getRandomValues(new Uint8Array(16)).join("-");
}
