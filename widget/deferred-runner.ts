import { LitElement, type PropertyValues } from "lit";
import type { RunEvent } from "../protocol/events.ts";
import { addStyles } from "./element/add-styles.ts";
import { BlockRun } from "./element/block-run.ts";
import { blockName } from "./element/block-names.ts";
import { namedServer, shownClaims } from "./element/claims.ts";
import { PageResults } from "./element/page-results.ts";
import { placeOf, type Place } from "./element/place.ts";
import { PressDraft } from "./element/press-draft.ts";
import { dispatchChanges } from "./element/events.ts";
import { isElsewhere, loadElsewhere } from "./element/elsewhere.ts";
import { frame } from "./element/frame.ts";
import { PageLanguage } from "./element/page-language.ts";
import { opening } from "./element/prerendering.ts";
import { drawNow, forget, whenNear } from "./element/near.ts";
import { loadRunPart } from "./element/run-part.ts";
import { styles } from "./element/styles.ts";
import { isBusy, isStored, type View } from "./element/view.ts";
import { webUrl } from "./element/web-url.ts";
import type { RunControllers } from "./run/controllers.ts";

/** Before Chromium 125, states had other names, and adding one of these threw an error. */
const HAS_STATES = globalThis.CSS?.supports("selector(:state(idle))");

/**
 * Runs the signed code block inside it when a reader presses Run, and shows what happens until the
 * result is there. Where scripts are off, the page still shows the code.
 *
 * @tagname deferred-runner
 *
 * @attr {string} block - The block's signed token, as `deferred sign` printed it.
 * @attr {string} server - URL of the server that runs it. Default: the one that the token names, else the origin this script came from.
 * @attr {string} gist - A gist that holds the code with its signature: `user/id`, or `user/id@revision`.
 * @attr {string} file - The file of the gist. Default: the only one that has a signature beside it.
 * @attr {string} src - URL of the code; its signature is at the same URL with `.block`, or in `block`.
 * @attr {string} label - What the block is, for people who can't see the page around it.
 * @attr follow - Opens the first file when a run ends well.
 * @attr tab-notice - `off`: title and icon of a hidden tab do not tell that a long run has ended.
 * @attr state - Set by the element: `idle`, `posted`, `refused`, or the state of the run.
 *
 * @slot - The author's code: one `code` element, usually in a `pre`. It is never changed.
 * @slot run - Replaces the text of the Run button.
 * @slot run-again - The same while a stored result is on the page.
 * @slot stop - Replaces the text of Stop.
 * @slot edit - Replaces the text of Edit.
 * @slot restore - Replaces the text of Restore, which closes the editor.
 * @slot icon-run - Replaces the triangle in the Run button.
 * @slot icon-STATE - Replaces the mark of a state, such as `icon-waking`; also `icon-refused`.
 * @slot message-STATE - Replaces the sentence of a state, such as `message-waking`; also `message-refused`.
 *
 * @csspart frame - The line around code and result: an outline.
 * @csspart bar - Run, and everything that readers can set: inputs, Edit, a note on the network.
 * @csspart button - The Run button.
 * @csspart edit - The button that opens the editor, or Restore.
 * @csspart stop - Stop, beside the status while something runs.
 * @csspart changed - What says that code or result are not the author's.
 * @csspart status - The line that says what happens.
 * @csspart mark - The small drawing before it.
 * @csspart details - The disclosure with more about a wake.
 * @csspart progress - The thin bar while a machine wakes.
 * @csspart output - What the program printed.
 * @csspart picture - A picture it left, with the link to its file.
 * @csspart document - The frame of an HTML or PDF file it left.
 * @csspart table - The table it left or printed.
 * @csspart artifacts - The links to other files it left.
 * @csspart foot - The line below the result: how it ended, Copy, Full screen and more.
 *
 * @cssprop --deferred-accent - Background of the Run button. Default: `#1f7a45`, a green.
 * @cssprop --deferred-accent-text - Its text. Default: black or white, whichever contrasts more with the accent.
 * @cssprop --deferred-radius - The frame's corners. Default: `8px`.
 * @cssprop --deferred-line - Lines of the frame, buttons and bars. Default: a mix of the page's text colour.
 * @cssprop --deferred-good - The mark of a success. Default: a green, mixed with the page's text colour.
 * @cssprop --deferred-bad - Marks of failures, and the edge of stderr. Default: a red, mixed in the same way.
 * @cssprop --deferred-busy - Marks of a run that is under way, and its bar. Default: a blue, mixed in the same way.
 *
 * @cssState idle - Nothing was asked for; as the attribute `state`, each of its values is a state.
 * @cssState busy - A run was asked for and has not ended.
 *
 * @fires deferred-runner:state - The state changed.
 * @fires deferred-runner:output - The program printed something.
 * @fires deferred-runner:ended - The run ended, in whichever way.
 * @fires deferred-runner:refused - The server did not take the request.
 */
export class DeferredRunnerElement extends LitElement {
  static override styles = styles;
  static override properties = {
    block: { reflect: true, useDefault: true },
    server: { reflect: true, useDefault: true },
    label: { reflect: true, useDefault: true },
  };
  declare block: string;
  declare server: string;
  declare label: string;

  #run = this.#newRun();
  readonly #draft = new PressDraft(this);
  readonly #language = new PageLanguage(this);
  readonly #results = new PageResults(this);
  /** Absent until the run part is loaded. */
  #controllers: RunControllers | undefined;
  /** What tells the block from others of its page. */
  #name = "";
  readonly #internals = this.attachInternals();
  /** A part loads for something that the next update shows. */
  #pending: Promise<unknown> | undefined;

  constructor() {
    super();
    this.block = "";
    this.server = "";
    this.label = "";
  }

  /** Where the element is: `idle`, `posted`, `refused`, or the state of its run. */
  get state(): View["state"] {
    return this.#run.view.state;
  }

  /** Id of the last run, once the server accepted it. */
  get runId(): string | undefined {
    return this.#run.view.run?.id;
  }

  /**
   * Asks for a run of the block, as a press on Run does; on a page that is rendered ahead, once somebody
   * opens it. Resolves once the server accepted or refused.
   */
  async run(): Promise<void> {
    drawNow(this);
    const toOpen = opening(document);
    if (toOpen) await toOpen;
    if (isBusy(this.#run.view)) return;
    const draft = this.#draft;
    if (isElsewhere(this) && !(await this.#fetchCode())) return;
    if (draft.isMissing && !(await draft.load())) return;
    if (isBusy(this.#run.view)) return;
    const inputs = draft.readInputs();
    if (inputs === "invalid") return;
    this.#controllers?.position.measure();
    const press = {
      host: this,
      original: draft.original,
      block: this.block,
      edited: draft.edited,
      inputs,
      fresh: this.#again,
    };
    draft.touched = false;
    await this.#run.press(this.#place, press);
  }

  /** Gives the run up, as a press on Stop does. */
  cancel(): Promise<void> {
    return this.#run.cancel();
  }

  override connectedCallback(): void {
    this.#draft.keepOriginal();
    // A copy of an element that ran has its attribute, but not its run.
    if (this.hasAttribute("state")) this.#reflectState();
    // Before the first connection that Lit sees there is no shadow root, and the page shows the author's code.
    if (this.shadowRoot) this.#connect();
    else whenNear(this, () => this.#connect());
  }

  #connect(): void {
    super.connectedCallback();
    // The loader's layout ends with it.
    this.#reflectState();
    if (isElsewhere(this)) this.#await(this.#fetchCode());
    if (!this.hasUpdated) return;
    this.#restore();
    this.#run.follow();
  }

  override disconnectedCallback(): void {
    forget(this);
    super.disconnectedCallback();
    this.#run.unfollow();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!this.hasUpdated) this.#restore();
    else if (changed.has("block") || changed.has("server")) this.#startOver();
    if (!this.hasUpdated || changed.has("block") || changed.has("label")) {
      this.#name = blockName(this);
    }
    this.#startPart();
    this.#announce();
    if (this.#draft.isMissing && !this.#draft.failed) this.#await(this.#draft.load());
  }

  #startPart(): void {
    const { part } = this.#run;
    if (!part || this.#controllers) return;
    addStyles(
      this.renderRoot as ShadowRoot,
      part.statusStyles,
      part.markStyles,
      part.resultStyles,
      part.mediaStyles,
    );
    this.#controllers = part.addControllers(
      this,
      () => this.#server,
      () => this.#run.view,
    );
  }

  #announce(): void {
    const { view, part } = this.#run;
    if (!part || !this.#controllers) return;
    const { announcer, clock } = this.#controllers;
    const changed = this.#draft.edited !== undefined;
    announcer.follow(view, clock.now, this.#language.spoken, this.#name, changed);
  }

  protected override render(): unknown {
    const { view, part } = this.#run;
    return frame({
      view,
      part,
      claims: shownClaims(this.block),
      said: this.#controllers?.announcer.text,
      draft: this.#draft,
      language: this.#language,
      name: this.#name || this.#language.spoken.page.block,
      server: this.#server,
      now: this.#controllers?.clock.now ?? 0,
      again: this.#again,
      height: this.#controllers?.position.height ?? 0,
      codeFont: this.#controllers?.position.codeFont ?? "",
      host: this,
      wakingElsewhere: this.#controllers?.turn.isOthers ?? false,
      recorded: this.#results.recorded,
      resultNote: (edited) =>
        this.#draft.editor?.resultNote(edited, this.#language.spoken.translation?.editor),
      press: () => void this.run(),
      stop: () => void this.cancel(),
      toggleEditor: () => this.#await(this.#draft.toggleEditor()),
      slotted: (slot) => this.querySelector(`:scope > [slot=${slot}]`)?.textContent.trim(),
      slotChanged: () => {
        this.#name = blockName(this);
        this.#results.slotChanged();
      },
    });
  }

  /** Puts code that stands elsewhere into the page. */
  async #fetchCode(): Promise<boolean> {
    try {
      return await (await loadElsewhere()).fetchCode(this, this.#server, this.#run);
    } catch {
      this.#draft.failed = "run";
      this.requestUpdate();
      return false;
    }
  }

  #await(part: Promise<unknown>): void {
    this.#pending = Promise.allSettled([this.#pending, part]);
  }

  /** Also waits for a run that is resumed, and for the editor that opens. */
  protected override async getUpdateComplete(): Promise<boolean> {
    drawNow(this);
    const done = await super.getUpdateComplete();
    if (!this.#pending) return done;
    await this.#pending;
    return super.getUpdateComplete();
  }

  /** Whether another press asks for a result that is newer than the stored one on the page. */
  get #again(): boolean {
    return isStored(this.#run.view) && !this.#draft.touched;
  }

  get #server(): string {
    const server =
      this.server || namedServer(shownClaims(this.block)) || new URL(import.meta.url).origin;
    return webUrl(server, document.baseURI).replace(/\/+$/, "");
  }

  get #place(): Place {
    return placeOf(this, this.#server);
  }

  #newRun(): BlockRun {
    const run: BlockRun = new BlockRun((before, event) => {
      if (run === this.#run) this.#changed(before, event);
    });
    return run;
  }

  /** Shows another block. The run of the last one goes on, and is shown again when that block returns. */
  #startOver(): void {
    const { view } = this.#run;
    this.#run.unfollow();
    this.#run = this.#newRun();
    this.#draft.reset();
    if (this.#controllers) this.#controllers.position.height = 0;
    this.#changed(view);
    this.#restore();
  }

  /** Resumes the run that a closed page left. */
  #restore(): void {
    const toOpen = opening(document);
    if (toOpen) return void toOpen.then(() => this.isConnected && this.#restore());
    if (!this.isConnected) return;
    const last = this.#run.restore(this.#place);
    if (!last) return this.#results.showStored(this.#server, this.#draft, () => this.#run);
    this.#await(loadRunPart());
    this.#draft.restore(last);
  }

  #changed(before: View, event?: RunEvent): void {
    const { view } = this.#run;
    if (this.isConnected) this.#run.follow();
    this.#reflectState();
    dispatchChanges(this, before, view, event);
    if (this.#controllers) this.#controllers.clock.tick();
    else this.requestUpdate();
  }

  #reflectState(): void {
    const { state } = this;
    if (this.getAttribute("state") !== state) this.setAttribute("state", state);
    const { states } = this.#internals;
    if (!HAS_STATES || states.has(state)) return;
    states.clear();
    states.add(state);
    if (isBusy(this.#run.view)) states.add("busy");
  }
}
