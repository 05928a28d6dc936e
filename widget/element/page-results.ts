import type { LitElement } from "lit";
import type { BlockRun } from "./block-run.ts";
import { shownClaims } from "./claims.ts";
import { lazyPart } from "./lazy-part.ts";
import type { PressDraft } from "./press-draft.ts";
import { observeCode } from "./run-place.ts";

const loadStored = lazyPart(() => import("../stored/stored-results.ts"));

type Host = LitElement & { block: string };

/** Results that a page shows before a press: output that it holds itself, and stored results. */
export class PageResults {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Whether the page holds output that was recorded when the block was signed. */
  get recorded(): boolean {
    return this.#host.querySelector(":scope > output") !== null;
  }

  /** Puts recorded output where results stand, and the Run button where it covers no code. */
  slotChanged(): void {
    observeCode(this.#host.renderRoot as ShadowRoot);
    for (const output of this.#host.querySelectorAll(":scope > output:not([slot])")) {
      output.slot = "recorded";
    }
    this.#host.requestUpdate();
  }

  /** Shows the last result of a block that stores results. Never starts a run. */
  showStored(server: string, draft: PressDraft, current: () => BlockRun): void {
    const host = this.#host;
    const { block } = host;
    if (shownClaims(block).cache_s === undefined) return;
    const run = current();
    if (run.view.stored) return;
    loadStored().then(
      (part) =>
        part.showStored({
          host,
          server,
          block,
          original: () => draft.original,
          isWanted: () => run === current() && host.isConnected && run.view.state === "idle",
          show: (...found) => run.found(...found),
        }),
      () => undefined,
    );
  }
}
