import { adoptStyles, html, LitElement, nothing, type PropertyValues } from "lit";
import { keyed } from "lit/directives/keyed.js";
import type { Inputs } from "../protocol/claims.ts";
import type { RunEvent } from "../protocol/events.ts";
import { shownClaims } from "./element/claims.ts";
import { codeBox } from "./element/code-box.ts";
import { dispatchChanges } from "./element/events.ts";
import { inputsForm, readInputs } from "./element/inputs-form.ts";
import { keptCopy } from "./element/kept-copy.ts";
import { opening } from "./element/prerendering.ts";
import { loadRunPart } from "./element/run-part.ts";
import { RunSession, type Place } from "./element/run-session.ts";
import { loadingStatus, statusLine } from "./element/status-line.ts";
import { statusStyles } from "./element/status-styles.ts";
import { styles } from "./element/styles.ts";
import { isBusy, isStored, type View } from "./element/view.ts";
import { webUrl } from "./element/web-url.ts";

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
export class DeferredRunnerElement extends LitElement {
  static override styles = [styles, statusStyles];
  static override properties = {
    block: { reflect: true, useDefault: true },
    server: { reflect: true, useDefault: true },
    label: { reflect: true, useDefault: true },
  };
  declare block: string;
  declare server: string;
  declare label: string;

  #session = this.#newSession();
  /** The reader's own text, where the block may be edited and was. */
  #edited: string | undefined;
  /** Inputs that a closed page had set. */
  #inputs: Inputs = {};
  /** The reader changed something since the last press. */
  #touched = false;
  #wrapped = true;
  /** The page's clock at the last update. */
  #now = 0;
  #clock: ReturnType<typeof setTimeout> | undefined;
  /** The result box keeps its last height while a new run starts, so the page does not jump. */
  #height = 0;
  /** The reader sees the last line of output: new lines scroll into view. */
  #atEnd = true;
  /** A copy from before the page's tools and the browser changed the element's content. */
  #first: Element | undefined;
  /** The focus is on Stop, which goes away with the run. */
  #onStop = false;
  /** The run part loads, for something that the next update shows. */
  #pending: Promise<unknown> | undefined;
  #partMissing = false;
  #partStyled = false;

  constructor() {
    super();
    this.block = "";
    this.server = new URL(import.meta.url).origin;
    this.label = "";
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
    this.#height = this.renderRoot.querySelector<HTMLElement>(".result")?.offsetHeight ?? 0;
    const fresh = this.#again;
    const edited = this.#edited;
    const { block } = this;
    this.#touched = false;
    await this.#session.press(this.#place, {
      fresh,
      edited: edited !== undefined,
      request: ({ readSource }) => ({
        block: block.trim(),
        code: edited ?? readSource(this, block, this.#first),
        ...(inputs && { inputs }),
        ...(fresh && { fresh }),
      }),
      describe: ({ describePageCode }) => describePageCode(this),
    });
  }

  /** Gives the run up, as a press on Stop does. */
  cancel(): Promise<void> {
    return this.#session.cancel();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // A copy of an element that ran has the attribute, and nothing of the run.
    this.#reflectState();
    if (!this.hasUpdated) return;
    this.#restore();
    this.#session.follow();
    this.#tick();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#session.unfollow();
    clearTimeout(this.#clock);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!this.hasUpdated) this.#restore();
    else if (changed.has("block") || changed.has("server")) this.#startOver();
    const output = this.#output;
    this.#atEnd = !output || output.scrollTop + output.clientHeight > output.scrollHeight - 8;
    this.#onStop = this.shadowRoot?.activeElement?.classList.contains("stop") === true;
  }

  protected override render(): unknown {
    const { view, part } = this.#session;
    const busy = isBusy(view);
    const { inputs, edit, cache_s, limits } = shownClaims(this.block);
    const status = part ? part.statusOf(view, this.#now) : loadingStatus(view);
    const elapsedS = Math.max(0, this.#now - view.pressedAt) / 1000;
    const content = html`<div
      class="frame"
      part="frame"
      role="group"
      aria-label=${this.label || "Runnable code"}
      @pointerenter=${this.#prefetch}
      @focusin=${this.#prefetch}
    >
      ${codeBox({
        busy,
        again: this.#again,
        stored: cache_s !== undefined,
        editable: edit === true,
        edited: this.#edited,
        editFailed: this.#partMissing,
        network: limits?.network,
        slotChanged: () => this.requestUpdate(),
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
      <div class="opening ${status ? "open" : ""}">
        <div class="result" .style=${`min-height:${busy ? this.#height : 0}px`}>
          ${statusLine({
            status,
            elapsed: part && busy ? part.duration(elapsedS) : undefined,
            stop: busy ? () => void this.cancel() : undefined,
          })}
          ${part?.resultBox(view, {
            now: this.#now,
            server: this.#server,
            limits,
            wrapped: this.#wrapped,
            toggleWrap: () => {
              this.#wrapped = !this.#wrapped;
              this.requestUpdate();
            },
          })}
        </div>
      </div>
    </div>`;
    // Another block has fields of its own.
    return keyed(this.#session, content);
  }

  protected override updated(): void {
    const { part, view } = this.#session;
    if (part && !this.#partStyled) {
      adoptStyles(this.shadowRoot!, [styles, statusStyles, part.resultStyles]);
      this.#partStyled = true;
    }
    this.#first ??= keptCopy(this);
    const output = this.#output;
    if (output && this.#atEnd) output.scrollTop = output.scrollHeight;
    if (this.#onStop && !isBusy(view)) {
      this.renderRoot.querySelector<HTMLElement>(".run")!.focus({ preventScroll: true });
    }
  }

  /** Also waits for a run that is resumed, and for the editor that opens. */
  protected override async getUpdateComplete(): Promise<boolean> {
    const done = await super.getUpdateComplete();
    if (!this.#pending) return done;
    await this.#pending;
    return super.getUpdateComplete();
  }

  get #output(): HTMLElement | null {
    return this.renderRoot?.querySelector(".output") ?? null;
  }

  /** Whether another press asks for a result that is newer than the stored one on the page. */
  get #again(): boolean {
    return isStored(this.#session.view) && !this.#touched;
  }

  get #server(): string {
    const server = this.server || new URL(import.meta.url).origin;
    return webUrl(server, document.baseURI).replace(/\/+$/, "");
  }

  /** The signature at the token's end tells this block from others; a page may hold a block twice. */
  get #place(): Place {
    const server = this.#server;
    const alike = [...document.querySelectorAll<DeferredRunnerElement>(this.localName)].filter(
      ({ block }) => block === this.block,
    );
    return { server, name: server + this.block.trim().slice(-43) + alike.indexOf(this) };
  }

  #readInputs(): Inputs | undefined | "invalid" {
    const form = this.renderRoot.querySelector("form");
    const { inputs } = shownClaims(this.block);
    if (!form || !inputs) return undefined;
    return form.reportValidity() ? readInputs(form, inputs) : "invalid";
  }

  /** Most readers who point at a block, or focus it, press Run next. */
  #prefetch = (): void => {
    loadRunPart().catch(() => undefined);
  };

  #toggleEditor = (): void => {
    if (this.#edited !== undefined) {
      this.#edited = undefined;
      return this.#touch();
    }
    const { block } = this;
    this.#pending = loadRunPart().then(
      ({ readSource }) => {
        this.#partMissing = false;
        if (block !== this.block) return;
        this.#edited = readSource(this, block, this.#first).replace(/^\n|\s+$/g, "");
        this.#touch();
      },
      () => {
        this.#partMissing = true;
        this.requestUpdate();
      },
    );
  };

  #touch = (): void => {
    this.#touched = true;
    this.requestUpdate();
  };

  #newSession(): RunSession {
    const session: RunSession = new RunSession((before, event) => {
      if (session === this.#session) this.#changed(before, event);
    });
    return session;
  }

  /** Another block has runs of its own; this one's goes on, and is there again when the block is. */
  #startOver(): void {
    const { view } = this.#session;
    this.#session.unfollow();
    this.#session = this.#newSession();
    this.#edited = undefined;
    this.#inputs = {};
    this.#touched = false;
    this.#first = undefined;
    this.#height = 0;
    this.#changed(view);
    this.#restore();
  }

  /** Goes on with the run that a closed page left. */
  #restore(): void {
    const toOpen = opening(document);
    if (toOpen) return void toOpen.then(() => this.isConnected && this.#restore());
    const last = this.isConnected && this.#session.restore(this.#place);
    if (!last) return;
    this.#pending = loadRunPart().catch(() => undefined);
    const { code, inputs } = last.request;
    if (last.edited) this.#edited = code;
    this.#inputs = inputs ?? {};
  }

  #changed(before: View, event?: RunEvent): void {
    const { view } = this.#session;
    if (this.isConnected) this.#session.follow();
    this.#reflectState();
    dispatchChanges(this, before, view, event);
    this.#tick();
  }

  #reflectState(): void {
    if (this.getAttribute("state") !== this.state) this.setAttribute("state", this.state);
  }

  /** Updates the elapsed time, in tenths of a second for the first ten, and the age of a stored result. */
  #tick(): void {
    clearTimeout(this.#clock);
    this.#now = Date.now();
    this.requestUpdate();
    const { view } = this.#session;
    const busy = isBusy(view);
    if (!this.isConnected || (!busy && !view.stored)) return;
    const ms = !busy ? 20_000 : this.#now - view.pressedAt < 10_000 ? 100 : 1000;
    this.#clock = setTimeout(() => this.#tick(), ms);
  }
}
