import { lastRun } from "./last-run.ts";
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { RunEvent } from "../protocol/events.ts";
import type { Inputs } from "../protocol/claims.ts";
import { deleteRun, postRun, RefusedError } from "./api.ts";
import { shownClaims, type ShownClaims } from "./claims.ts";
import { codeBox } from "./code-box.ts";
import { tellOf } from "./element-events.ts";
import { followRun } from "./follow-run.ts";
import { inputsForm, readInputs } from "./inputs-form.ts";
import { resultBox } from "./result-box.ts";
import { idle, isBusy, nextView, type LocalInput, type View } from "./run-view.ts";
import { sourceText } from "./source-text.ts";
import { resultStyles } from "./result-styles.ts";
import { styles } from "./styles.ts";

/**
 * Runs the signed code block inside it when a reader presses Run, and shows what happens until the
 * result is there. Where scripts are off, the page still shows the code.
 *
 * @tagname deferred-runner
 *
 * @attr block - The block's signed token, as `deferred sign` printed it.
 * @attr server - URL of the server that runs it. Default: the origin this script came from.
 * @attr label - What the block is, for people who can't see the page around it.
 * @attr state - Set by the element: `idle`, `posted`, `refused`, or the state of the run.
 *
 * @slot - The author's code: one `code` element, usually in a `pre`. It is never changed.
 *
 * @csspart frame - The line around code and result.
 * @csspart button - The Run button, Stop while something runs.
 * @csspart status - The line that says what happens.
 * @csspart mark - The small drawing before it.
 * @csspart output - What the program printed.
 * @csspart artifacts - The list of files it left.
 *
 * @cssprop --deferred-button-background - Default: a tint of the text's colour.
 * @cssprop --deferred-button-color - Default: the text's colour.
 * @cssprop --deferred-radius - The frame's corners. Default: `8px`.
 *
 * @fires deferred-runner:state - The state changed.
 * @fires deferred-runner:output - The program printed something.
 * @fires deferred-runner:ended - The run ended, in whichever way.
 * @fires deferred-runner:refused - The server did not take the request.
 */
export class DeferredRunnerElement extends LitElement {
  static override styles = [styles, resultStyles];
  static override properties = {
    block: {},
    server: {},
    label: {},
    view: { state: true },
    edited: { state: true },
    wrapped: { state: true },
    now: { state: true },
  };

  declare block: string;
  declare server: string;
  declare label: string;
  declare private view: View;
  /** The reader's own text, where the block may be edited and was. */
  declare private edited: string | undefined;
  declare private wrapped: boolean;
  /** The page's clock as last drawn. */
  declare private now: number;

  #claims: ShownClaims = {};
  #withdrawal: AbortController | undefined;
  #cancelToken: string | undefined;
  #unfollow: (() => void) | undefined;
  #clock: ReturnType<typeof setTimeout> | undefined;
  /** The result box keeps its last height while a new run starts, so the page does not jump. */
  #height = 0;
  /** Whether the reader sees the last line: then new ones come into sight. */
  #atEnd = true;

  constructor() {
    super();
    this.block = "";
    this.server = new URL(import.meta.url).origin;
    this.label = "";
    this.view = idle;
    this.edited = undefined;
    this.wrapped = true;
    this.now = 0;
  }

  /** Where the element is: `idle`, `posted`, `refused`, or the state of its run. */
  get state(): View["state"] {
    return this.view.state;
  }

  /** Id of the last run, once the server accepted it. */
  get runId(): string | undefined {
    return this.view.run?.id;
  }

  /** Asks for a run of the block, as a press on Run does. Resolves once the server accepted or refused. */
  async run(): Promise<void> {
    if (isBusy(this.view)) return;
    const inputs = this.#inputs();
    if (inputs === "invalid") return;
    this.#height = this.#box?.offsetHeight ?? 0;
    this.#unfollow?.();
    this.#cancelToken = undefined;
    this.#withdrawal = new AbortController();
    this.#take({ type: "posted" });
    const code = this.edited ?? sourceText(this);
    try {
      const created = await postRun(
        this.#server,
        { block: this.block.trim(), code, ...(inputs && { inputs }) },
        { signal: this.#withdrawal.signal, onRetry: () => this.#take({ type: "offline" }) },
      );
      this.#cancelToken = created.cancel_token;
      // What was edited or set by the reader is not on a page that is opened again.
      if (this.edited === undefined && !inputs) {
        lastRun(this.#key, { ...created, at: this.view.pressedAt });
      }
      this.#take({ type: "accepted", created });
      this.#follow();
      if (this.view.canceling) await this.#leaveRun();
    } catch (error) {
      if (error instanceof RefusedError) this.#take({ type: "refused", refusal: error.refusal });
      else if (this.#withdrawal.signal.aborted) this.#take({ type: "withdrawn" });
      else throw error;
    }
  }

  /** Gives the run up, as a press on Stop does. */
  async cancel(): Promise<void> {
    if (!isBusy(this.view) || this.view.canceling) return;
    this.#take({ type: "canceling" });
    this.#withdrawal?.abort();
    if (this.view.run) await this.#leaveRun();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("pointerenter", this.#matchCode);
    darkScheme.addEventListener("change", this.#matchCode);
    const last = lastRun(this.#key);
    if (last && this.view === idle) {
      this.#cancelToken = last.cancel_token;
      this.#take({ type: "posted" }, last.at);
      this.#take({ type: "accepted", created: last });
    }
    this.#follow();
    this.#tick();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    darkScheme.removeEventListener("change", this.#matchCode);
    this.#unfollow?.();
    this.#unfollow = undefined;
    clearTimeout(this.#clock);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("block")) this.#claims = shownClaims(this.block);
    const output = this.#output;
    this.#atEnd = !output || output.scrollTop + output.clientHeight > output.scrollHeight - 8;
  }

  protected override updated(): void {
    this.#matchCode();
    const output = this.#output;
    if (output && this.#atEnd) output.scrollTop = output.scrollHeight;
  }

  protected override render(): TemplateResult {
    const busy = isBusy(this.view);
    return html`<div
      class="frame"
      part="frame"
      role="group"
      aria-label=${this.label || "Runnable code"}
    >
      ${codeBox({
        busy,
        editable: this.#claims.edit === true,
        edited: this.edited,
        press: () => void (busy ? this.cancel() : this.run()),
        edit: (text) => (this.edited = text),
        toggleEditor: this.#toggleEditor,
      })}
      ${this.#claims.inputs ? inputsForm(this.#claims.inputs, busy, () => void this.run()) : nothing}
      ${resultBox(this.view, {
        now: this.now,
        server: this.#server,
        leastHeight: busy ? this.#height : 0,
        wrapped: this.wrapped,
        toggleWrap: () => (this.wrapped = !this.wrapped),
      })}
    </div>`;
  }

  get #server(): string {
    return new URL(this.server, document.baseURI).href.replace(/\/+$/, "");
  }

  /** Tells this block from others: a token ends with its signature. */
  get #key(): string {
    return this.#server + this.block.trim().slice(-43);
  }

  get #output(): HTMLElement | null {
    return this.renderRoot?.querySelector(".output");
  }

  get #box(): HTMLElement | null {
    return this.renderRoot.querySelector(".result");
  }

  /** The room beside the code takes the author's own background, so that it does not look torn off. */
  #matchCode = (): void => {
    const pre = this.edited === undefined && this.querySelector("pre");
    const color = pre ? getComputedStyle(pre).backgroundColor : "";
    const [block, buttons] = this.renderRoot.querySelectorAll<HTMLElement>(".block, .buttons");
    if (!block || !buttons) return;
    // A translucent colour below the code's own would show twice.
    const translucent = /rgba|\//.test(color);
    block.style.background = translucent ? "" : color;
    buttons.style.background = translucent ? color : "";
  };

  #inputs(): Inputs | undefined | "invalid" {
    const form = this.renderRoot.querySelector("form");
    if (!form || !this.#claims.inputs) return undefined;
    return form.reportValidity() ? readInputs(form, this.#claims.inputs) : "invalid";
  }

  #toggleEditor = (): void => {
    this.edited = this.edited === undefined ? sourceText(this).replace(/^\n|\s+$/g, "") : undefined;
  };

  #follow(): void {
    const { run, ending, state } = this.view;
    if (!run || ending || state === "refused" || this.#unfollow) return;
    this.#unfollow = followRun(this.#server, run, (input) => this.#take(input));
  }

  async #leaveRun(): Promise<void> {
    const { run } = this.view;
    if (!run) return;
    try {
      await deleteRun(this.#server, run.id, this.#cancelToken ?? "");
    } catch {
      // The server may be away for a moment: Stop can be pressed again. How it ends, the events tell.
      this.#take({ type: "cancel_failed" });
    }
  }

  #take(input: RunEvent | LocalInput, at = Date.now()): void {
    const before = this.view;
    this.now = Date.now();
    this.view = nextView(before, input, at);
    if (this.view === before) return;
    if (this.view.ending || this.view.refusal) {
      lastRun(this.#key, null);
      this.#unfollow?.();
      this.#unfollow = undefined;
    }
    if (this.view.state !== before.state) this.setAttribute("state", this.view.state);
    tellOf(this, before, this.view, input);
    this.#tick();
  }

  /** Draws the elapsed time: tenths of a second as long as anybody reads them. */
  #tick(): void {
    clearTimeout(this.#clock);
    if (!isBusy(this.view) || !this.isConnected) return;
    const elapsed = Date.now() - this.view.pressedAt;
    this.#clock = setTimeout(
      () => {
        this.now = Date.now();
        this.#tick();
      },
      elapsed < 10_000 ? 100 : 1000,
    );
  }
}

const darkScheme = matchMedia("(prefers-color-scheme: dark)");
