import type { ReactiveController, TemplateResult } from "lit";
import type { RunEvent } from "../../protocol/events.ts";
import { addStyles } from "../element/add-styles.ts";
import type { Block, RunOnPage } from "../element/block.ts";
import type { LastRun } from "../element/last-run.ts";
import { isBusy, type View } from "../element/view.ts";
import { addControllers, type RunControllers } from "./controllers.ts";
import { dispatchRunEvents } from "./events.ts";
import { loadOtherStates } from "./other-states-part.ts";
import { isStored } from "./page-view.ts";
import { resultArea } from "./result-area.ts";
import { runStyles } from "./run-styles.ts";
import { RunSession } from "./run-session.ts";
import type { ViewInput } from "./run-view.ts";

/** The runs of a block, one after another, and what the page shows of them. */
export class BlockRun implements ReactiveController, RunOnPage {
  readonly #block: Block;
  readonly #session: RunSession;
  readonly #controllers: RunControllers;

  constructor(block: Block) {
    this.#block = block;
    const { host } = block;
    const root = host.renderRoot as ShadowRoot;
    addStyles(root, runStyles);
    this.#session = new RunSession(block, (view, event) => this.#show(view, event));
    this.#controllers = addControllers(block);
    host.addController(this);
  }

  get said(): string {
    return this.#controllers.announcer.text;
  }

  get isAgain(): boolean {
    const { view, features } = this.#block;
    return isStored(view) && features?.touched !== true;
  }

  async press(at: number): Promise<void> {
    const asked = this.#session.press(at, this.isAgain);
    this.#controllers.position.measure();
    await asked;
  }

  restore(last: LastRun): void {
    this.#session.restore(last);
  }

  receive(input: ViewInput): void {
    if (!isBusy(this.#block.view)) this.#session.receive(input);
  }

  async cancel(): Promise<void> {
    await this.#session.cancel();
  }

  leave(): void {
    const { host } = this.#block;
    this.#session.unfollow();
    for (const one of [this, ...Object.values(this.#controllers)]) {
      host.removeController(one);
      one.hostDisconnected?.();
    }
  }

  hostConnected(): void {
    this.#session.follow();
  }

  hostDisconnected(): void {
    this.#session.unfollow();
  }

  hostUpdate(): void {
    const { view, language, name, features } = this.#block;
    const { announcer, clock } = this.#controllers;
    const changed = features?.editor?.edited !== undefined;
    announcer.follow({ view, now: clock.now, name, changed }, language.spoken);
  }

  render(): TemplateResult {
    const { clock, position } = this.#controllers;
    return resultArea(this.#block, { now: clock.now, position });
  }

  #show(view: View, event?: RunEvent): void {
    const block = this.#block;
    if (block.run !== this) return;
    const before = block.view;
    block.show(view);
    dispatchRunEvents(block.host, before, view, event);
    if (document.visibilityState === "hidden" && isBusy(before) && !isBusy(view)) {
      void loadOtherStates().then((part) =>
        part?.noticeLongWait(block.host, before.pressedAt, view),
      );
    }
    if (block.host.isConnected) this.#session.follow();
    this.#controllers.clock.tick();
  }
}
