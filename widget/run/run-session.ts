import type { RunEvent } from "../../protocol/events.ts";
import type { RunRequest } from "../../protocol/requests.ts";
import type { RunCreated } from "../../protocol/run.ts";
import type { Asked, LastRun } from "../element/last-run.ts";
import { lastRun, runName } from "./last-run.ts";
import type { Block } from "../element/block.ts";
import { keepRun } from "./keep-run.ts";
import { lazyPart } from "../element/lazy-part.ts";
import { noAnswer, untilLoaded } from "../element/next-try.ts";
import { idle, isBusy, type View } from "../element/view.ts";
import { matchesClaim, readCode } from "./read-code.ts";
import { newKey, requestRun, runCall } from "./request-run.ts";
import { followRun } from "./follow-run.ts";
import { loadedOtherStates, loadOtherStates, needOtherStates } from "./other-states-part.ts";
import { nextView, type ViewInput } from "./run-view.ts";

/** The server, and the name under which this browser stores the last run. */
interface Place {
  server: string;
  name: string;
}

/** A request, made when it is sent, and what the page shows of it. */
interface Sent {
  /** The reader's own code; absent: the author's. */
  edited: string | undefined;
  /** The stored result stays on the page until the new run has output. */
  fresh: boolean;
  request: () => Promise<RunRequest>;
}
const loadParts = lazyPart(() => import("./parts.ts"));

/** By idempotency key: an element that replaces another sends the same request, and Stop aborts both. */
const withdrawals = new Map<string, AbortController>();

/** Requests an element's runs, one after another, follows them, and resumes the run of a closed page. */
export class RunSession {
  view: View;
  #place: Place = { server: "", name: "" };
  /** The idempotency key of the last press. */
  #key: string | undefined;
  #withdrawal: AbortController | undefined;
  #cancelToken: string | undefined;
  #unfollow: (() => void) | undefined;
  /** A closed page left this run, and the server has not confirmed it yet. */
  #doubtful = false;
  readonly #block: Block;
  readonly #onChange: (view: View, event?: RunEvent) => void;

  /** The view of `block` is what the page shows of a press that waited for this part. */
  constructor(block: Block, onChange: (view: View, event?: RunEvent) => void) {
    this.view = block.view;
    this.#block = block;
    this.#onChange = onChange;
  }

  /** Asks for a run that was pressed `at`, in ms. Resolves once the server accepted or refused. */
  press(at: number, fresh: boolean): Promise<void> {
    const { host, original, features, claims } = this.#block;
    const { block } = host;
    const inputs = features?.inputs;
    // A field of a form that has come since the press has a fault.
    if (inputs === "invalid") return Promise.resolve(this.#show(idle));
    const edited = features?.editor?.edited;
    if (features) features.touched = false;
    const asked = { key: newKey(), at, edited: edited !== undefined };
    const hasParts = claims.after ?? claims.files ?? claims.setup;
    const request = async () => ({
      block: block.trim(),
      code: edited ?? (await readCode(host, block, original)),
      ...(hasParts &&
        (await (await loadParts()).collectParts(host, claims, { matchesClaim, readCode }))),
      ...(inputs && { inputs }),
      ...(fresh && { fresh }),
    });
    return this.#ask(asked, { fresh, edited, request });
  }

  /** Sends the request until the server answers. A page closed before the answer sends it again when reopened. */
  async #ask(asked: Omit<Asked, "request">, { fresh, edited, request }: Sent): Promise<void> {
    const { key, at } = asked;
    const withdrawal = withdrawals.get(key) ?? new AbortController();
    withdrawals.set(key, withdrawal);
    const { signal } = withdrawal;
    const place = this.#begin(key, withdrawal);
    this.#doubtful = false;
    const posted = () => this.receive({ type: "posted", again: fresh, edited }, at);
    // The page shows a first press already, and its request waits for no drawing.
    const isShown = this.view.state === "posted";
    if (!isShown) posted();
    try {
      const kept: Asked = { ...asked, request: await this.#untilRead(request, signal) };
      const init = runCall(kept.request, key);
      const keep = () => keepRun(place.name, { ...kept, sent: Date.now() });
      keep();
      const answering = requestRun(place.server, init);
      if (isShown && !signal.aborted) posted();
      const { created, response } = await answering;
      const answer =
        created ??
        (await (
          await this.#untilRead(needOtherStates, signal)
        ).postRun(place.server, init, response, {
          signal,
          host: this.#block.host,
          onTry: keep,
          onRetry: (trouble) => this.receive({ type: "trouble", trouble }),
        }));
      if ("refusal" in answer) return this.receive({ type: "refused", ...answer });
      keepRun(place.name, { ...kept, ...answer, sent: undefined });
      await this.#accepted(answer);
      // Loads the browser's number formats, which takes 5 to 15 ms, once the stream is asked for: the program runs.
      setTimeout(() => (0).toLocaleString(this.#block.language.spoken.tag));
    } catch (error) {
      if (!signal.aborted) throw error;
      this.receive({ type: "withdrawn" });
    }
  }

  /** A press may need a part that can't be loaded at the moment. */
  async #untilRead<Value>(read: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
    const value = await untilLoaded(
      read,
      () => !signal.aborted,
      () => this.receive({ type: "trouble", trouble: noAnswer() }),
      signal,
    );
    signal.throwIfAborted();
    return value as Value;
  }

  #begin(key: string, withdrawal: AbortController): Place {
    this.unfollow();
    this.#place = { server: this.#block.server, name: runName(this.#block) };
    this.#key = key;
    this.#withdrawal = withdrawal;
    return this.#place;
  }

  /** Resumes a stored run. */
  restore(last: LastRun): void {
    const edited = last.edited ? last.request.code : undefined;
    if (last.id === undefined) {
      const request = async () => last.request;
      void this.#ask(last, { fresh: false, edited, request });
      return;
    }
    this.#begin(last.key, new AbortController());
    this.receive({ type: "posted", edited }, last.at);
    this.#doubtful = true;
    void this.#accepted(last, last.at);
  }

  async cancel(): Promise<void> {
    if (!isBusy(this.view) || this.view.canceling) return;
    this.receive({ type: "canceling" });
    this.#withdrawal?.abort();
    if (this.view.run) await this.#leave();
    else this.#forget();
  }

  /** Follows the run, if there is one, until it has ended. */
  follow(): void {
    const { run } = this.view;
    if (!run || !isBusy(this.view) || this.#unfollow) return;
    const receive = (input: ViewInput) => this.receive(input);
    this.#unfollow = followRun(this.#place.server, run, receive, this.#doubtful);
  }

  unfollow(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  async #accepted(created: RunCreated, at?: number): Promise<void> {
    this.#cancelToken = created.cancel_token;
    // A stored result is shown with its age.
    const part = created.stored && (await loadOtherStates());
    this.receive({ type: "accepted", created }, at);
    part?.readEarlier(this.view, this.#place.server, (input) => this.receive(input));
    if (this.#withdrawal?.signal.aborted) await this.#leave();
  }

  async #leave(): Promise<void> {
    const { run } = this.view;
    if (!run) return;
    try {
      const { deleteRun } = await needOtherStates();
      const { ending } = await deleteRun(this.#place.server, run.id, this.#cancelToken ?? "");
      // The run goes on for its other callers.
      if (!ending) this.receive({ type: "withdrawn" });
    } catch {
      // The server may be restarting: the reader can press Stop again, and events report how the run ends.
      this.receive({ type: "cancel_failed" });
    }
  }

  /** Shows what `input` changes. */
  receive(input: ViewInput, at = Date.now()): void {
    const event = "id" in input ? input : undefined;
    const next = nextView(this.view, input, at, loadedOtherStates()?.afterOther);
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
    this.#onChange(view, event);
  }

  /** Deletes the stored run, unless another page stored its own under the same name. */
  #forget(): void {
    const { name } = this.#place;
    if (lastRun(name)?.key === this.#key) keepRun(name);
  }
}
