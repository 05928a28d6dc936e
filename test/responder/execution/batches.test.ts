import { expect, test } from "vitest";
import type { OutputBatch } from "../../../protocol/responder.ts";
import { MAX_BATCH_CHUNKS } from "../../../protocol/sizes.ts";
import { startBatches } from "../../../responder/execution/batches.ts";

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

test("the output of steps that run beside one another is put together by step, up to a mark", async () => {
  const batches = startBatches(recipient().send);
  const by = (step: number, text: string) => ({ ...out(text), step });
  const ended = { type: "step_ended", step: 1, exit_code: 0, signal: null, ran_s: 1 } as const;
  for (const chunk of [by(1, "a"), by(2, "b"), by(1, "c"), by(2, "d"), ended, by(2, "e")]) {
    batches.add(chunk);
  }
  const last = await batches.finish();
  expect(last?.chunks).toEqual([by(1, "ac"), by(2, "bd"), ended, by(2, "e")]);
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

test("a program that takes turns between its streams fills batches of no more pieces than a server takes", async () => {
  const got: OutputBatch[] = [];
  const batches = startBatches(async (batch) => void got.push(batch));
  const pieces = 2 * MAX_BATCH_CHUNKS + 10;
  for (let piece = 0; piece < pieces; piece++) {
    batches.add({ stream: piece % 2 === 0 ? "stdout" : "stderr", text: "." });
  }
  const last = await batches.finish();
  const sent = [...got, last!];
  expect(Math.max(...sent.map(({ chunks }) => chunks.length))).toBeLessThanOrEqual(
    MAX_BATCH_CHUNKS,
  );
  expect(sent.flatMap(({ chunks }) => chunks)).toHaveLength(pieces);
  expect(sent.map(({ seq }) => seq)).toEqual(sent.map((_, index) => index + 1));
});
