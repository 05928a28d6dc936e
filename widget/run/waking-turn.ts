import type { ReactiveController } from "lit";
import type { Block, BlockHost } from "../element/block.ts";
import type { View } from "../element/view.ts";

/** Blocks that wait for a machine, by server, in the order in which they began. */
const waiting = new Map<string, Set<WakingTurn>>();
const turns = new WeakMap<BlockHost, WakingTurn>();

/** The view of a block that waits: one of those that wait for the same server's machine says how it wakes. */
export function wakingView(block: Block): View {
  const { host, view } = block;
  if (view.state !== "waking") return view;
  const turn = turns.get(host) ?? new WakingTurn(block);
  turns.set(host, turn);
  turn.hostUpdate();
  return turn.isOthers ? { ...view, waking: undefined, wakingElsewhere: true } : view;
}

/** The place of a block among those that wait for the same server's machine. */
class WakingTurn implements ReactiveController {
  readonly #block: Block;
  /** Where this block waits. */
  #at: Set<WakingTurn> | undefined;

  constructor(block: Block) {
    this.#block = block;
    block.host.addController(this);
  }

  /** Whether another block says it. */
  get isOthers(): boolean {
    return this.#at !== undefined && firstOf(this.#at) !== this;
  }

  hostUpdate(): void {
    const { view, server } = this.#block;
    if (view.state !== "waking") return this.hostDisconnected();
    if (this.#at) return;
    this.#at = waiting.get(server) ?? new Set();
    waiting.set(server, this.#at.add(this));
  }

  /** Leaves; if it was this block's turn, it is the next one's. */
  hostDisconnected(): void {
    const all = this.#at;
    this.#at = undefined;
    if (!all) return;
    const wasFirst = firstOf(all) === this;
    all.delete(this);
    const next = wasFirst ? firstOf(all) : undefined;
    if (next) next.#block.host.requestUpdate();
  }
}

function firstOf(all: Set<WakingTurn>): WakingTurn | undefined {
  return all.values().next().value;
}
