import { expect, test } from "vitest";
import type { OutputBatch } from "../../protocol/responder.ts";
import { startBatches } from "../../responder/batches.ts";

/** A server that acknowledges a batch when it is told to. */
function recipient() {
  const got: OutputBatch[] = [];
  const waiting: PromiseWithResolvers<void>[] = [];
  return {
    got,
    send: (batch: OutputBatch) => {
      got.push(batch);
      const answer = Promise.withResolvers<void>();
      waiting.push(answer);
      return answer.promise;
    },
    acknowledge: () => waiting.shift()!.resolve(),
    refuse: (error: Error) => waiting.shift()!.reject(error),
  };
}
const out = (text: string) => ({ stream: "stdout" as const, text });

test("what is printed just before the end travels in the finish call", async () => {
  const { got, send } = recipient();
  const batches = startBatches(send);
  batches.add(out("a"));
  batches.add(out("b"));
  expect(await batches.finish()).toEqual({ seq: 1, chunks: [out("ab")] });
  expect(got).toEqual([]);
});

test("nothing printed, nothing sent", async () => {
  expect(await startBatches(recipient().send).finish()).toBeUndefined();
});

test("one batch is under way at a time; what comes meanwhile is put together", async () => {
  const { got, send, acknowledge } = recipient();
  const batches = startBatches(send);
  batches.add(out("first"));
  await expect.poll(() => got.length).toBe(1);
  batches.add(out("x"));
  batches.add(out("y"));
  batches.add({ stream: "stderr", text: "z" });
  const last = batches.finish();
  acknowledge();
  expect(await last).toEqual({ seq: 2, chunks: [out("xy"), { stream: "stderr", text: "z" }] });
  expect(got).toHaveLength(1);
});

test("much output goes at once, in batches of a bounded size and in order", async () => {
  const { got, send, acknowledge } = recipient();
  const batches = startBatches(send);
  const piece = "x".repeat(100_000);
  for (let index = 0; index < 20; index++) batches.add(out(`${index};${piece}`));
  const last = batches.finish();
  for (let index = 1; index <= 4; index++) {
    await expect.poll(() => got.length).toBe(index);
    acknowledge();
  }
  const all = [...got, (await last)!];
  expect(all.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  const text = all
    .flatMap(({ chunks }) => chunks.map((chunk) => ("text" in chunk ? chunk.text : "")))
    .join("");
  expect(text.match(/\d+;/g)).toEqual(Array.from({ length: 20 }, (_, index) => `${index};`));
});

test("once the attempt is over, finishing says so", async () => {
  const { got, send, refuse } = recipient();
  const batches = startBatches(send);
  batches.add(out("a"));
  await expect.poll(() => got.length).toBe(1);
  const last = batches.finish();
  refuse(new Error("attempt_over"));
  await expect(last).rejects.toThrow("attempt_over");
});
