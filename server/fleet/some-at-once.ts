/**
 * Does `work` for each item, some at once: their writes share a transaction and its flush, and other writes are not
 * kept waiting behind thousands.
 */
export async function someAtOnce<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Half of what one transaction takes. */
const AT_ONCE = 32;
