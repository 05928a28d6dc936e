const HEADERS = {
  "content-type": "application/x-ndjson",
  "cache-control": "no-store",
  // A buffering proxy would delay lines.
  "x-accel-buffering": "no",
};

/** The first value where one was asked for, else a stream of each as a line of JSON. Throws what the first one throws. */
export async function answerInLines<Line extends object>(
  values: AsyncGenerator<Line>,
  most: number,
): Promise<Line | Response | undefined> {
  const first = await values.next();
  if (most === 1 || first.done) {
    await values.return(undefined);
    return first.done ? undefined : first.value;
  }
  const encoder = new TextEncoder();
  const encode = (value: Line) => encoder.encode(`${JSON.stringify(value)}\n`);
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encode(first.value)),
    async pull(controller) {
      const { done, value } = await values.next();
      if (done) controller.close();
      else controller.enqueue(encode(value));
    },
    cancel: async () => void (await values.return(undefined)),
  });
  return new Response(body, { headers: HEADERS });
}
