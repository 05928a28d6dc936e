import { html, nothing, render, type TemplateResult } from "lit/html.js";
import type { RunEvent } from "../protocol/events.ts";
import type { Inputs } from "../protocol/claims.ts";
import { shownClaims } from "./claims.ts";
import { codeBox } from "./code-box.ts";
import { DrawnElement } from "./drawn-element.ts";
import { tellOf } from "./element-events.ts";
import { inputsForm, readInputs } from "./inputs-form.ts";
import { opening } from "./prerendering.ts";
import { resultBox, webUrl } from "./result-box.ts";
import { resultStyles } from "./result-styles.ts";
import { RunSession, type Place } from "./run-session.ts";
import { isBusy, isStored, type LocalInput, type View } from "./run-view.ts";
import { differenceIn, keptCopy, sourceText } from "./source-text.ts";
import { styles } from "./styles.ts";

/**
 * Runs the signed code block inside it when a reader presses Run, and shows what happens until the
 * result is there. Where scripts are off, the page still shows the code.
 *
 * @tagname deferred-runner
 *
 * @attr {string} block - The block's signed token, as `deferred sign` printed it.
 * @attr {string} server - URL of the server that runs it. Default: the origin this script came from.
 * @attr {string} label - What the block is, for people who can't see the page around it.
 * @attr state - Set by the element: `idle`, `posted`, `refused`, or the state of the run.
 *
 * @slot - The author's code: one `code` element, usually in a `pre`. It is never changed.
 *
 * @csspart frame - The line around code and result.
 * @csspart button - The Run button.
 * @csspart stop - Stop, beside the status while something runs.
 * @csspart status - The line that says what happens.
 * @csspart mark - The small drawing before it.
 * @csspart output - What the program printed.
 * @csspart artifacts - The list of files it left.
 *
 * @cssprop --deferred-button-background - The Run button's. Default: `#1f7a45`, a green.
 * @cssprop --deferred-button-color - Its text's colour. Default: `#fff`. Set both, or none.
 * @cssprop --deferred-radius - The frame's corners. Default: `8px`.
 *
 * @fires deferred-runner:state - The state changed.
 * @fires deferred-runner:output - The program printed something.
 * @fires deferred-runner:ended - The run ended, in whichever way.
 * @fires deferred-runner:refused - The server did not take the request.
 */
export class DeferredRunnerElement extends DrawnElement {
  static override observedAttributes = ["block", "server", "label"];
  static override styles = styles + resultStyles;

  #session = this.#newSession();
  /** The reader's own text, where the block may be edited and was. */
  #edited: string | undefined;
  /** What a page that was closed had set. */
  #inputs: Inputs = {};
  /** The reader changed something since the last press. */
  #touched = false;
  #wrapped = true;
  /** The page's clock as last drawn. */
  #now = 0;
  #clock: ReturnType<typeof setTimeout> | undefined;
  /** The result box keeps its last height while a new run starts, so the page does not jump. */
  #height = 0;
  /** Whether the reader sees the last line: then new ones come into sight. */
  #atEnd = true;
  /** The element as it first stood in the page, before tools of the page and of the browser changed it. */
  #first: Element | undefined;
  /** The focus is on Stop, which goes away with the run. */
  #onStop = false;

  constructor() {
    super();
    // A page may fill the element only after it has begun it.
    this.root.addEventListener("slotchange", () => this.changed());
  }

  get block(): string {
    return this.getAttribute("block") ?? "";
  }
  set block(token: string) {
    this.setAttribute("block", token);
  }

  get server(): string {
    return this.getAttribute("server") || new URL(import.meta.url).origin;
  }
  set server(url: string) {
    this.setAttribute("server", url);
  }

  get label(): string {
    return this.getAttribute("label") ?? "";
  }
  set label(label: string) {
    this.setAttribute("label", label);
  }

  /** Where the element is: `idle`, `posted`, `refused`, or the state of its run. */
  get state(): View["state"] {
    return this.#session.view.state;
  }

  /** Id of the last run, once the server accepted it. */
  get runId(): string | undefined {
    return this.#session.view.run?.id;
  }

  /**
   * Asks for a run of the block, as a press on Run does; on a page that is rendered ahead, once somebody
   * opens it. Resolves once the server accepted or refused.
   */
  async run(): Promise<void> {
    const toOpen = opening(document);
    if (toOpen) await toOpen;
    if (isBusy(this.#session.view)) return;
    const inputs = this.#readInputs();
    if (inputs === "invalid") return;
    this.#height = this.root.querySelector<HTMLElement>(".result")?.offsetHeight ?? 0;
    const fresh = this.#again;
    const edited = this.#edited;
    this.#touched = false;
    await this.#session.press(
      this.#place,
      {
        block: this.block.trim(),
        code: edited ?? this.#source,
        ...(inputs && { inputs }),
        ...(fresh && { fresh }),
      },
      { edited: edited !== undefined, differs: () => differenceIn(this) },
    );
  }

  /** Gives the run up, as a press on Stop does. */
  cancel(): Promise<void> {
    return this.#session.cancel();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // A copy of an element that ran has the attribute, and nothing of the run.
    this.#reflectState();
    this.#restore();
    this.#session.follow();
    this.#tick();
  }

  override attributeChangedCallback(name: string, before: string | null, value: string | null) {
    super.attributeChangedCallback();
    if (name === "label" || before === null || before === value) return;
    // Another block has runs of its own; this one's goes on, and is there again when the block is.
    const { view } = this.#session;
    this.#session.unfollow();
    this.#session = this.#newSession();
    this.#edited = undefined;
    this.#inputs = {};
    this.#touched = false;
    this.#first = undefined;
    this.#height = 0;
    render(nothing, this.root);
    this.#told(view);
    if (this.isConnected) this.#restore();
  }

  disconnectedCallback(): void {
    this.#session.unfollow();
    clearTimeout(this.#clock);
  }

  protected draw(): TemplateResult {
    const output = this.#output;
    this.#atEnd = !output || output.scrollTop + output.clientHeight > output.scrollHeight - 8;
    this.#onStop = this.root.activeElement?.classList.contains("stop") === true;
    const { view } = this.#session;
    const busy = isBusy(view);
    const { inputs, edit, cache_s, limits } = shownClaims(this.block);
    return html`<div
      class="frame"
      part="frame"
      role="group"
      aria-label=${this.label || "Runnable code"}
    >
      ${codeBox({
        busy,
        again: this.#again,
        stored: cache_s !== undefined,
        editable: edit === true,
        edited: this.#edited,
        network: limits?.network,
        press: () => void this.run(),
        edit: (text) => {
          this.#edited = text;
          this.#touch();
        },
        toggleEditor: this.#toggleEditor,
      })}
      ${
        inputs
          ? inputsForm(inputs, {
              set: this.#inputs,
              locked: busy,
              change: this.#touch,
              submit: () => void this.run(),
            })
          : nothing
      }
      ${resultBox(view, {
        now: this.#now,
        server: this.#server,
        limits,
        leastHeight: busy ? this.#height : 0,
        stop: () => void this.cancel(),
        wrapped: this.#wrapped,
        toggleWrap: () => {
          this.#wrapped = !this.#wrapped;
          this.changed();
        },
      })}
    </div>`;
  }

  protected drawn(): void {
    this.#first ??= keptCopy(this);
    const output = this.#output;
    if (output && this.#atEnd) output.scrollTop = output.scrollHeight;
    if (this.#onStop && !isBusy(this.#session.view)) {
      this.root.querySelector<HTMLElement>(".run")!.focus({ preventScroll: true });
    }
  }

  get #source(): string {
    return sourceText(this, this.block, this.#first);
  }

  get #output(): HTMLElement | null {
    return this.root.querySelector(".output");
  }

  /** Whether another press asks for a result that is newer than the stored one on the page. */
  get #again(): boolean {
    return isStored(this.#session.view) && !this.#touched;
  }

  get #server(): string {
    return webUrl(this.server, document.baseURI).replace(/\/+$/, "");
  }

  /** A token ends with its signature, which tells this block from others; a page may hold it twice. */
  get #place(): Place {
    const server = this.#server;
    const alike = [...document.querySelectorAll<DeferredRunnerElement>(this.localName)].filter(
      ({ block }) => block === this.block,
    );
    return { server, name: server + this.block.trim().slice(-43) + alike.indexOf(this) };
  }

  #readInputs(): Inputs | undefined | "invalid" {
    const form = this.root.querySelector("form");
    const { inputs } = shownClaims(this.block);
    if (!form || !inputs) return undefined;
    return form.reportValidity() ? readInputs(form, inputs) : "invalid";
  }

  #toggleEditor = (): void => {
    this.#edited = this.#edited === undefined ? this.#source.replace(/^\n|\s+$/g, "") : undefined;
    this.#touch();
  };

  #touch = (): void => {
    this.#touched = true;
    this.changed();
  };

  #newSession(): RunSession {
    const session: RunSession = new RunSession((before, input) => {
      if (session === this.#session) this.#told(before, input);
    });
    return session;
  }

  /** Goes on with what a closed page left. */
  #restore(): void {
    const toOpen = opening(document);
    if (toOpen) return void toOpen.then(() => this.isConnected && this.#restore());
    const last = this.#session.restore(this.#place);
    if (!last) return;
    const { code, inputs } = last.request;
    if (last.edited) this.#edited = code;
    this.#inputs = inputs ?? {};
  }

  #told(before: View, input?: RunEvent | LocalInput): void {
    const { view } = this.#session;
    if (this.isConnected) this.#session.follow();
    this.#reflectState();
    tellOf(this, before, view, input);
    this.#tick();
  }

  #reflectState(): void {
    if (this.getAttribute("state") !== this.state) this.setAttribute("state", this.state);
  }

  /** Draws the elapsed time: tenths of a second as long as anybody reads them; and the age of what was stored. */
  #tick(): void {
    clearTimeout(this.#clock);
    this.#now = Date.now();
    this.changed();
    const { view } = this.#session;
    const busy = isBusy(view);
    if (!this.isConnected || (!busy && !view.stored)) return;
    const ms = !busy ? 20_000 : this.#now - view.pressedAt < 10_000 ? 100 : 1000;
    this.#clock = setTimeout(() => this.#tick(), ms);
  }
}
