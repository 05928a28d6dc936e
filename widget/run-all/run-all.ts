import { html, nothing, render, type TemplateResult } from "lit";
import type { DeferredRunnerElement } from "../deferred-runner.ts";
import { addStyles } from "../element/add-styles.ts";
import { blockName } from "../element/block-names.ts";
import { spokenAt } from "../words/page-language.ts";
import { styles } from "../element/styles.ts";
import { englishRunAll } from "../words/en-run-all.ts";
import type { RunAllWords } from "../words/words.ts";
import { runInOrder, type OrderOutcome } from "./run-in-order.ts";
import { runAllStyles } from "./run-all-styles.ts";

const shown = new WeakSet<Element>();

/** Draws the buttons of a `deferred-runner-all` element, once. */
export function showRunAll(host: HTMLElement): void {
  if (shown.has(host)) return;
  shown.add(host);
  void new RunAll(host).start();
}

/** Runs the blocks of a page, or of the element that `for` names, in the page's order. */
class RunAll {
  readonly #host: HTMLElement;
  readonly #root: ShadowRoot;
  #words: RunAllWords = englishRunAll;
  #tag = "en";
  /** Set while blocks run. */
  #stopping: AbortController | undefined;
  #said = "";
  #outcome: OrderOutcome | undefined;

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    addStyles(this.#root, styles, runAllStyles);
  }

  async start(): Promise<void> {
    this.#draw();
    const { tag, translation } = await spokenAt(this.#host);
    if (translation) this.#words = translation.runAll;
    this.#tag = tag;
    this.#draw();
  }

  #blocks(): DeferredRunnerElement[] {
    const root = this.#host.getRootNode() as Document | ShadowRoot;
    const id = this.#host.getAttribute("for");
    const within = id === null ? root : root.getElementById(id);
    return [...(within?.querySelectorAll("deferred-runner") ?? [])];
  }

  async #run(): Promise<void> {
    if (this.#stopping) return;
    const blocks = this.#blocks();
    const stopping = (this.#stopping = new AbortController());
    this.#outcome = undefined;
    const begins = (index: number) => {
      this.#said = this.#words.running(index + 1, blocks.length, blockName(blocks[index]!));
      this.#draw();
    };
    const outcome = await runInOrder(blocks, begins, stopping.signal);
    this.#stopping = undefined;
    this.#outcome = outcome;
    this.#said = this.#endWords(outcome, blocks.length, stopping.signal.aborted);
    this.#draw();
  }

  #endWords({ succeeded, failed }: OrderOutcome, of: number, stopped: boolean): string {
    if (of === 0) return this.#words.none;
    if (failed) return this.#words.failed(blockName(failed), succeeded, of);
    return stopped ? this.#words.stopped(succeeded, of) : this.#words.done(of);
  }

  #draw(): void {
    render(this.#template(), this.#root);
  }

  #template(): TemplateResult {
    const words = this.#words;
    const failed = this.#outcome?.failed;
    return html`<div class="bar" lang=${this.#tag}>
      <button
        class="run"
        part="button"
        type="button"
        aria-disabled=${this.#stopping ? "true" : nothing}
        @click=${(event: MouseEvent) => {
          // A double click is one press.
          if (event.detail < 2) void this.#run();
        }}
      >
        <svg viewBox="0 0 12 12" aria-hidden="true"><path d="M3 1.5v9l7-4.5z" /></svg>
        ${words.runAll}
      </button>
      ${
        this.#stopping
          ? html`<button
              class="stop"
              part="stop"
              type="button"
              @click=${() => this.#stopping?.abort()}
            >
              ${words.stop}
            </button>`
          : nothing
      }
      <span class="status" part="status" role="status"><bdi>${this.#said}</bdi></span>
      ${
        failed?.isConnected
          ? html`<button class="show" type="button" @click=${() => goTo(failed)}>
              ${words.goTo}
            </button>`
          : nothing
      }
    </div>`;
  }
}

function goTo(block: DeferredRunnerElement): void {
  block.scrollIntoView({ block: "center" });
  block.shadowRoot?.querySelector<HTMLElement>(".run")?.focus({ preventScroll: true });
}
