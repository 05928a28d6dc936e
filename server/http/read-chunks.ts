import type { ApiError } from "../../protocol/deferred-error.ts";

/** A request's body. Throws `brokenOff` if the sender disconnected; ends if `signal` aborts. */
export async function* readChunks(
  stream: ReadableStream<Uint8Array> | null,
  brokenOff: ApiError,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = stream?.getReader();
  if (!reader) return;
  const stop = () => void reader.cancel().catch(() => {});
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw brokenOff;
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {}); // The rest is not needed.
  }
}
