import type { DeferredRunnerElement } from "../deferred-runner.ts";

/** How the runs of several blocks ended. */
export interface OrderOutcome {
  /** The number of blocks that succeeded. */
  succeeded: number;
  /** The first block that did not; absent: all did, or the reader stopped. */
  failed?: DeferredRunnerElement | undefined;
}

const BUSY = new Set(["posted", "queued", "waking", "retrying", "running"]);

/** Runs blocks one after another, each after the one before it succeeded. `begins` is called before each. */
export async function runInOrder(
  blocks: readonly DeferredRunnerElement[],
  begins: (index: number) => void,
  signal: AbortSignal,
): Promise<OrderOutcome> {
  for (const [index, block] of blocks.entries()) {
    if (signal.aborted) return { succeeded: index };
    begins(index);
    const cancel = () => void block.cancel();
    signal.addEventListener("abort", cancel);
    await block.run();
    const state = await settled(block);
    signal.removeEventListener("abort", cancel);
    if (signal.aborted) return { succeeded: index };
    if (state !== "succeeded") return { succeeded: index, failed: block };
  }
  return { succeeded: blocks.length };
}

/** Resolves with the block's state once its run has ended, or the block has left the page. */
function settled(block: DeferredRunnerElement): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const look = () => {
    if (BUSY.has(block.state) && block.isConnected) return;
    block.removeEventListener("deferred-runner:state", look);
    page.disconnect();
    resolve(block.state);
  };
  const page = new MutationObserver(look);
  page.observe(block.getRootNode(), { childList: true, subtree: true });
  block.addEventListener("deferred-runner:state", look);
  look();
  return promise;
}
