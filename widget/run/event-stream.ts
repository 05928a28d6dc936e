import type { RunEvent } from "../../protocol/events.ts";

export interface StreamReader {
  signal: AbortSignal;
  /** Called for every chunk, keep-alives included. */
  heard: () => void;
  take: (event: RunEvent) => void;
}

/**
 * Reads the events of an SSE stream until it ends. `EventSource` hides keep-alives, which detect a dead
 * connection, and the server's error and Retry-After. Returns the answer of a server that declines.
 */
export async function readEvents(url: string, reader: StreamReader): Promise<Response | undefined> {
  const response = await fetch(url, { signal: reader.signal, cache: "no-store" });
  if (!response.ok) return response;
  const chunks = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await chunks.read();
    if (done) return undefined;
    reader.heard();
    const lines = (rest + value).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith("data:")) reader.take(JSON.parse(line.slice(5)) as RunEvent);
    }
  }
}
