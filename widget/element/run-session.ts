import type { RunEvent } from "../../protocol/events.ts";
import type { RunRequest } from "../../protocol/requests.ts";
import type { RunCreated } from "../../protocol/run.ts";
import type { ServerInput } from "../run/run-view.ts";
import { lastRun, type Asked, type LastRun } from "./last-run.ts";
import { pause } from "./pause.ts";
import { loadRunPart, type RunPart } from "./run-part.ts";
import { afterPageInput, idle, isBusy, isStored, type PageInput, type View } from "./view.ts";

/** The server, and the name under which this browser stores the last run. */
export interface Place {
  server: string;
  name: string;
}

export interface Press {
  /** The stored result stays on the page until the new run has output. */
  fresh: boolean;
  /** The code is the reader's own. */
  edited: boolean;
  request: (part: RunPart) => RunRequest;
  /** Describes the page's code, for a refusal because the author signed other code. */
  describe: (part: RunPart) => string;
}

/** By idempotency key: an element that replaces another sends the same request, and Stop aborts both. */
const withdrawals = new Map<string, AbortController>();

/** Requests an element's runs, one after another, follows them, and resumes the run of a closed page. */
export class RunSession {
  view: View = idle;
  /** Absent until the first press, or the first run that is resumed. */
  part: RunPart | undefined;
  #place: Place = { server: "", name: "" };
  /** The idempotency key of the last press. */
  #key: string | undefined;
  #withdrawal: AbortController | undefined;
  #cancelToken: string | undefined;
  #unfollow: (() => void) | undefined;
  /** A closed page left this run, and the server has not confirmed it yet. */
  #doubtful = false;
  readonly #onChange: (before: View, event?: RunEvent) => void;

  constructor(onChange: (before: View, event?: RunEvent) => void) {
    this.#onChange = onChange;
  }

  /** Asks for a run. Resolves once the server accepted or refused. */
  press(place: Place, { fresh, edited, request, describe }: Press): Promise<void> {
    const asked = { key: newKey(), at: Date.now(), edited };
    return this.#ask(place, asked, fresh, request, describe);
  }

  /** Sends the request until the server answers. A page closed before the answer sends it again when reopened. */
  async #ask(
    place: Place,
    asked: Omit<Asked, "request">,
    fresh: boolean,
    request: (part: RunPart) => RunRequest,
    describe?: (part: RunPart) => string,
  ): Promise<void> {
    const { key, at } = asked;
    const withdrawal = withdrawals.get(key) ?? new AbortController();
    withdrawals.set(key, withdrawal);
    const { signal } = withdrawal;
    this.#begin(place, key, withdrawal);
    this.#doubtful = false;
    this.#take({ type: "posted", again: fresh }, at);
    try {
      const part = await this.#load(signal);
      const kept: Asked = { ...asked, request: request(part) };
      const created = await part.postRun(place.server, kept.request, key, {
        signal,
        onTry: () => lastRun(place.name, { ...kept, sent: Date.now() }),
        onRetry: (trouble) => this.#take({ type: "trouble", trouble }),
      });
      lastRun(place.name, { ...kept, ...created, sent: undefined });
      this.#accepted(part, created);
      if (signal.aborted) await this.#leave();
    } catch (error) {
      const { part } = this;
      if (part && error instanceof part.RefusedError) {
        const { refusal } = error;
        const isCode = /^code_(mismatch|empty)$/.test(refusal.code);
        // The server's detail is more exact.
        const detail = refusal.detail ?? (isCode ? describe?.(part) : undefined);
        this.#receive(part, { type: "refused", refusal: { ...refusal, detail } });
      } else if (signal.aborted) this.#take({ type: "withdrawn" });
      else throw error;
    }
  }

  #begin(place: Place, key: string, withdrawal: AbortController): void {
    this.unfollow();
    this.#place = place;
    this.#key = key;
    this.#withdrawal = withdrawal;
  }

  async #load(signal: AbortSignal): Promise<RunPart> {
    for (let tries = 0; !this.part; tries++) {
      try {
        this.part = await loadRunPart(tries);
      } catch {
        this.#take({ type: "trouble", trouble: { offline: !navigator.onLine, waitS: 0 } });
        await pause(undefined, tries, signal);
      }
    }
    signal.throwIfAborted();
    return this.part;
  }

  /** Resumes and returns the run that is stored for `place`, if any. */
  restore(place: Place): LastRun | null {
    const last = this.view === idle ? lastRun(place.name) : null;
    if (!last) return null;
    if (last.id === undefined) {
      void this.#ask(place, last, false, () => last.request);
      return last;
    }
    const withdrawal = new AbortController();
    this.#begin(place, last.key, withdrawal);
    this.#doubtful = true;
    this.#take({ type: "posted" }, last.at);
    this.#load(withdrawal.signal).then(
      (part) => this.#accepted(part, last, last.at),
      () => this.#take({ type: "withdrawn" }),
    );
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
    const { part } = this;
    const { run } = this.view;
    if (!part || !run || !isBusy(this.view) || this.#unfollow) return;
    this.#unfollow = part.followRun(
      this.#place.server,
      run,
      (input) => this.#receive(part, input),
      { doubtful: this.#doubtful },
    );
  }

  unfollow(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  #accepted(part: RunPart, created: RunCreated, at?: number): void {
    this.#cancelToken = created.cancel_token;
    this.#receive(part, { type: "accepted", created }, at);
    const { stored, earlier } = this.view;
    if (stored && !earlier && !isStored(this.view)) {
      // If it can't be read, the page shows the new run alone.
      part.getResult(new URL(stored.result_url, this.#place.server).href).then(
        (result) => this.#receive(part, { type: "earlier", result }),
        () => undefined,
      );
    }
  }

  async #leave(): Promise<void> {
    const { part } = this;
    const { run } = this.view;
    if (!run || !part) return;
    try {
      const { ending } = await part.deleteRun(this.#place.server, run.id, this.#cancelToken ?? "");
      // The run goes on for its other callers.
      if (!ending) this.#take({ type: "withdrawn" });
    } catch {
      // The server may be restarting: the reader can press Stop again, and events report how the run ends.
      this.#take({ type: "cancel_failed" });
    }
  }

  /** Takes an input that needs no run part. */
  #take(input: PageInput, at = Date.now()): void {
    this.#show(afterPageInput(this.view, input, at));
  }

  #receive(part: RunPart, input: RunEvent | ServerInput | PageInput, at = Date.now()): void {
    const event = "id" in input ? input : undefined;
    const next = part.nextView(this.view, input, at);
    if (event || input.type === "polled") this.#doubtful = false;
    // The reader of a reopened page pressed nothing: a run that the server deleted is not shown as refused.
    const gone = input.type === "refused" && this.#doubtful;
    this.#show(gone ? idle : next, event, input.type === "unheard");
  }

  #show(view: View, event?: RunEvent, keep = false): void {
    const before = this.view;
    this.view = view;
    if (view === before) return;
    if (!isBusy(view)) {
      if (!keep) this.#forget();
      this.unfollow();
    }
    this.#onChange(before, event);
  }

  /** Deletes the stored run, unless another page stored its own under the same name. */
  #forget(): void {
    const { name } = this.#place;
    if (lastRun(name)?.key === this.#key) lastRun(name, null);
  }
}

/** `crypto.randomUUID` exists only on secure pages; a static page may be plain http. */
function newKey(): string {
  return crypto.getRandomValues(new Uint8Array(16)).join("-");
}
