import { expect, test } from "vitest";
import type { EventBody } from "../../../protocol/events.ts";
import { joinOutput } from "../../../server/runs/join-output.ts";
import { cpuTimeOf } from "../../cpu-time.ts";

const said = (text: string, more: object = {}): EventBody => ({
  ...{ type: "output", stream: "stdout", text },
  ...more,
});

test("what was cut is a line of its own, and steps that ran beside others are in one piece each", () => {
  const events = [
    ...[said("", { cut: 1 }), said("a"), said("b\n", { cut: 2 }), said("c", { cut: 3 })],
    ...[said("x", { step: 1 }), said("y", { step: 2, cut: 4 }), said("X", { step: 1, cut: 5 })],
    ...[said("e", { stream: "stderr", step: 2 }), said("end", { cut: 6 })],
  ];
  const cut = (bytes: number) => `[… ${bytes} bytes cut …]\n`;
  expect(joinOutput(events)).toEqual({
    stdout: `${cut(1)}a\n${cut(2)}b\n${cut(3)}cx\n${cut(5)}X${cut(4)}y\n${cut(6)}end`,
    stderr: "e",
  });
});

test("a machine that cuts output at each byte does not keep the server busy", () => {
  const events = Array.from({ length: 80_000 }, () => said("x", { cut: 5 }));
  expect(cpuTimeOf(() => joinOutput(events))).toBeLessThan(1000);
});
