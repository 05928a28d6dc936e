import type { RunEvent } from "../../protocol/events.ts";
import { call } from "./api.ts";

export interface StreamReader {
  signal: AbortSignal;
  /** Something came, if only a sign that the connection lives. */
  heard: () => void;
  take: (event: RunEvent) => void;
}

/**
 * Reads the events of an SSE stream until it ends. `EventSource` would not tell the signs of life between
 * them, which a dead connection lacks, nor why a server declines and when it wants to be asked again.
 */
export async function readEvents(url: string, reader: StreamReader): Promise<void> {
  const { body } = await call(url, { signal: reader.signal, cache: "no-store" });
  const chunks = body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await chunks.read();
    if (done) return;
    reader.heard();
    const lines = (rest + value).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith("data:")) reader.take(JSON.parse(line.slice(5)) as RunEvent);
    }
  }
}
