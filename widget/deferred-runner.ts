import { LitElement, type PropertyValues } from "lit";
import { blockName } from "./element/block-names.ts";
import { readLanguage } from "./element/english-page.ts";
import { dispatch } from "./element/events.ts";
import { frame } from "./element/frame.ts";
import { drawNow, forget, whenNear } from "./element/near.ts";
import { ElementBlock } from "./element/element-block.ts";
import { observeCode } from "./element/run-place.ts";
import { styles } from "./element/styles.ts";
import { isBusy, type View } from "./element/view.ts";

/** Before Chromium 125, states had other names, and adding one of these threw an error. */
const HAS_STATES = globalThis.CSS?.supports("selector(:state(idle))");
const TEXT = { reflect: true, useDefault: true };

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
  static override properties = { block: TEXT, server: TEXT, label: TEXT };
  declare block: string;
  declare server: string;
  declare label: string;

  readonly #block = new ElementBlock(this, (before) => this.#changed(before));
  /** The part for the block's bar is loading. */
  #drawing: Promise<void> | undefined;
  readonly #internals = this.attachInternals();
  readonly #languages = new MutationObserver(() => readLanguage(this.#block));

  constructor() {
    super();
    this.block = "";
    this.server = "";
    this.label = "";
  }

  /** Where the element is: `idle`, `posted`, `refused`, or the state of its run. */
  get state(): View["state"] {
    return this.#block.view.state;
  }

  /** Id of the last run, once the server accepted it. */
  get runId(): string | undefined {
    return this.#block.view.run?.id;
  }

  /**
   * Asks for a run of the block, as a press on Run does; on a page that is rendered ahead, once somebody
   * opens it. Resolves once the server accepted or refused.
   */
  async run(): Promise<void> {
    drawNow(this);
    if (this.#drawing) await this.#drawing;
    await this.#block.press();
  }

  /** Gives the run up, as a press on Stop does. */
  cancel(): Promise<void> {
    return this.#block.cancel();
  }

  override connectedCallback(): void {
    this.#block.keepOriginal();
    // A copy of an element that ran has its attribute, but not its run.
    if (this.hasAttribute("state")) this.#reflectState();
    // Before the first connection that Lit sees there is no shadow root, and the page shows the author's code.
    if (this.shadowRoot) this.#connect();
    else whenNear(this, () => this.#draw());
  }

  #draw(): void {
    this.#drawing = this.#block.beforeDrawing()?.then(() => {
      if (this.isConnected && !this.shadowRoot) this.#connect();
    });
    if (!this.#drawing) this.#connect();
  }

  #connect(): void {
    super.connectedCallback();
    this.#languages.observe(document, { subtree: true, attributeFilter: ["lang"] });
    readLanguage(this.#block);
    // The loader's layout ends with it.
    this.#reflectState();
    if (this.hasUpdated) this.#block.restore();
  }

  override disconnectedCallback(): void {
    forget(this);
    this.#languages.disconnect();
    super.disconnectedCallback();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const isOther = changed.has("block") || changed.has("server");
    if (!this.hasUpdated) this.#block.restore();
    else if (isOther) this.#block.start();
    if (isOther || changed.has("label")) this.#block.name = blockName(this);
  }

  protected override render(): unknown {
    return frame(this.#block, this.#slotChanged);
  }

  protected override updated(): void {
    this.#block.keepOriginal();
  }

  readonly #slotChanged = (): void => {
    this.#block.name = blockName(this);
    observeCode(this.renderRoot as ShadowRoot);
    this.#block.loadFeatures();
    this.requestUpdate();
  };

  /** Also waits for a run that is resumed, and for parts that the block needs before a press. */
  protected override async getUpdateComplete(): Promise<boolean> {
    drawNow(this);
    const done = await super.getUpdateComplete();
    const { pending } = this.#block;
    if (!pending) return done;
    await pending;
    return super.getUpdateComplete();
  }

  #changed(before: View): void {
    const { state, runId } = this;
    if (state !== before.state) {
      this.#reflectState();
      dispatch(this, "deferred-runner:state", { state, run: runId });
    }
    this.requestUpdate();
  }

  #reflectState(): void {
    const { state } = this;
    this.setAttribute("state", state);
    if (!HAS_STATES) return;
    const { states } = this.#internals;
    states.clear();
    states.add(state);
    if (isBusy(this.#block.view)) states.add("busy");
  }
}
