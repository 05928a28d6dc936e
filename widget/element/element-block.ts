import { ENGLISH, type PageLanguage } from "../words/english.ts";
import type { Block, BlockHost, Features, RunOnPage } from "./block.ts";
import { namedServer, shownClaims, type ShownClaims } from "./claims.ts";
import { isElsewhere } from "./elsewhere.ts";
import { keptCopy } from "./kept-copy.ts";
import type { LastRun } from "./last-run.ts";
import { lazyPart } from "./lazy-part.ts";
import { noAnswer, untilLoaded } from "./next-try.ts";
import { opening } from "./prerendering.ts";
import { loadRunPart } from "./run-part.ts";
import { idle, isBusy, type View } from "./view.ts";
import { webUrl } from "./web-url.ts";

const loadFeatures = lazyPart(() => import("../features/features.ts"));

/** Loads the parts of a block when they are needed. A press waits here until those are loaded. */
export class ElementBlock implements Block {
  readonly host: BlockHost;
  view: View = idle;
  name = "";
  language: PageLanguage = { spoken: ENGLISH };
  original: Element | undefined;
  features: Features | undefined;
  run: RunOnPage | undefined;
  /** A part loads for something that the next update shows. */
  pending: Promise<unknown> | undefined;
  /** The run that a closed page left. */
  #last: Promise<LastRun | undefined> | undefined;
  /** The press whose parts load; Stop ends it. */
  #waiting: object | undefined;
  readonly #onChange: (before: View) => void;

  constructor(host: BlockHost, onChange: (before: View) => void) {
    this.host = host;
    this.#onChange = onChange;
  }

  get claims(): ShownClaims {
    return shownClaims(this.host.block);
  }

  get server(): string {
    const { server } = this.host;
    const url = server || namedServer(this.claims) || new URL(import.meta.url).origin;
    return webUrl(url, document.baseURI).replace(/\/+$/, "");
  }

  get runsName(): string {
    // The signature at the token's end tells a block from others.
    return this.server + this.host.block.trim().slice(-43);
  }

  /** Shows the block of the host's attributes. The run of the last one goes on, and returns with its block. */
  start(): void {
    this.run?.leave();
    this.run = this.features = this.#waiting = this.original = undefined;
    delete this.host.original;
    if (this.view !== idle) this.show(idle);
    this.restore();
  }

  keepOriginal(): void {
    this.original ??= this.host.original ?? keptCopy(this.host);
  }

  /** Resumes the run that a closed page left, and loads what the block needs before a press. */
  restore(): void {
    const toOpen = opening(document);
    if (toOpen) return void toOpen.then(() => this.restore());
    if (!this.host.isConnected) return;
    this.#last = hasRun(this.runsName)
      ? untilLoaded(async () => (await loadRunPart()).lastRunOf(this), this.#isOpening)
      : undefined;
    this.await(this.#last ? this.#resume() : this.#fetchCode());
  }

  /** Nothing was pressed, and no run of a closed page is shown. */
  readonly #isOpening = () => this.view === idle && this.host.isConnected;

  async #resume(): Promise<void> {
    await untilLoaded(() => this.#fetchCode(), this.#isOpening);
    const last = await this.#last;
    const part = await loadRunPart();
    if (last && this.#isOpening()) (this.run ??= new part.BlockRun(this)).restore(last);
  }

  /** Fetches code that stands elsewhere; false: there is none to run. */
  async #fetchCode(): Promise<boolean | undefined> {
    await this.#loadFeatures();
    return isElsewhere(this.host) ? this.features?.fetchCode() : true;
  }

  /** Loads the part for what only some blocks have, if this block has any of that. */
  loadFeatures(): void {
    this.await(this.#loadFeatures());
  }

  get #hasFeatures(): unknown {
    const { inputs, edit, limits, cache_s } = this.claims;
    const own = this.host.querySelector(":scope > :is(output, [slot|=run])");
    return inputs || edit || limits?.network || cache_s || own || isElsewhere(this.host);
  }

  /** Resolves once the bar can be drawn as a whole; undefined: it can. */
  beforeDrawing(): Promise<unknown> | undefined {
    return this.#hasFeatures ? loadFeatures().catch(() => undefined) : undefined;
  }

  async #loadFeatures(): Promise<void> {
    if (!this.#hasFeatures) return;
    const { host } = this;
    const { block } = host;
    const { BlockFeatures } = await loadFeatures();
    if (block !== host.block) return;
    this.features ??= new BlockFeatures(this);
    await this.features.load(this.view === idle ? await this.#last : undefined);
  }

  /** Asks for a run. Resolves once the server accepted or refused. */
  async press(): Promise<void> {
    const toOpen = opening(document);
    if (toOpen) await toOpen;
    if (isBusy(this.view) || this.features?.inputs === "invalid") return;
    if (isElsewhere(this.host)) {
      if (!(await this.#fetchCode())) return;
      // With its update the host shows the block of the token that has come.
      await this.host.updateComplete;
      if (isBusy(this.view)) return;
    }
    const at = Date.now();
    const run = await this.#load(at);
    await run?.press(at);
  }

  async cancel(): Promise<void> {
    if (this.run) return this.run.cancel();
    if (this.#waiting) this.show({ ...this.view, state: "canceled", trouble: undefined });
  }

  /** Loads what a press needs, however long it takes; undefined: Stop was pressed meanwhile. */
  async #load(at: number): Promise<RunOnPage | undefined> {
    if (this.run) return this.run;
    this.show({ ...idle, state: "posted", pressedAt: at });
    const waiting = (this.#waiting = {});
    const parts = await untilLoaded(
      () => Promise.all([loadRunPart(), this.#loadFeatures()]),
      () => waiting === this.#waiting,
      () => this.show({ ...this.view, trouble: noAnswer() }),
    );
    return parts && (this.run ??= new parts[0].BlockRun(this));
  }

  show(view: View): void {
    const before = this.view;
    this.view = view;
    if (!isBusy(view)) this.#waiting = undefined;
    this.#onChange(before);
  }

  await(part: Promise<unknown>): void {
    this.pending = Promise.allSettled([this.pending, part]);
  }
}

/** Whether the browser keeps a run whose name begins with `start`. */
function hasRun(start: string): boolean {
  try {
    return Object.keys(localStorage).some((name) => name.startsWith(start));
  } catch {
    // Storage is denied.
    return false;
  }
}
