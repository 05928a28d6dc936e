import type { LitElement, ReactiveController } from "lit";
import type { View } from "../element/view.ts";

/** Blocks that wait for a machine, by server, in the order in which they began. */
const waiting = new Map<string, Set<WakingTurn>>();

/** Lets one block of those that wait for the same server's machine say how it wakes: a page says that once. */
export class WakingTurn implements ReactiveController {
  readonly #host: LitElement;
  readonly #server: () => string;
  readonly #view: () => View;
  /** Where this block waits. */
  #at: Set<WakingTurn> | undefined;

  constructor(host: LitElement, server: () => string, view: () => View) {
    this.#host = host;
    this.#server = server;
    this.#view = view;
    host.addController(this);
  }

  /** Whether another block says it. */
  get isOthers(): boolean {
    return this.#at !== undefined && firstOf(this.#at) !== this;
  }

  hostUpdate(): void {
    if (this.#view().state !== "waking") return this.hostDisconnected();
    if (this.#at) return;
    const server = this.#server();
    this.#at = waiting.get(server) ?? new Set();
    waiting.set(server, this.#at.add(this));
  }

  /** Leaves; if it was this block's turn, it is the next one's. */
  hostDisconnected(): void {
    const turns = this.#at;
    this.#at = undefined;
    if (!turns) return;
    const wasFirst = firstOf(turns) === this;
    turns.delete(this);
    const next = wasFirst ? firstOf(turns) : undefined;
    if (next) next.#host.requestUpdate();
  }
}

function firstOf(turns: Set<WakingTurn>): WakingTurn | undefined {
  return turns.values().next().value;
}
