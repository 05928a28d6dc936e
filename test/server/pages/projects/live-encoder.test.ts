import { describe, expect, test } from "vitest";
import type { RunEvent, EventBody } from "../../../../protocol/events.ts";
import { liveEncoder, type SentChange } from "../../../../server/pages/projects/live.ts";
import { piecesOf } from "../../../../server/runs/log-lines.ts";
import { shownSteps } from "../../../../server/runs/log-steps.ts";
import { type Piece } from "../../../../protocol/terminal-pieces.ts";
import { cpuTimeOf } from "../../../cpu-time.ts";
import { sha256 } from "../../../../server/database/ids.ts";

const event = (at: number, event: object) => ({ at, event: event as EventBody });

describe("what a live page appends", () => {
  const at = "2026-01-01T00:00:00Z";
  const events = (...of: object[]) =>
    of.map((one, index) => ({ run: "r", id: index + 1, at, ...one }) as RunEvent);
  const begun = [
    { type: "attempt_started", attempt: 1, max_attempts: 3 },
    { type: "step_started", step: 1, kind: "command", name: "make" },
  ];
  const said = (text: string, stream = "stdout") => ({ type: "output", stream, text });

  /** The page's lines after all of `of`, whose first `before` it was made of. */
  function appended(of: object[], before: number): Map<number, string> {
    const all = events(...begun, ...of);
    const page = new Map<number, string>();
    const known = shownSteps(all.slice(1, before).map(({ at: _, ...body }) => event(1, body)))[0];
    for (const line of known?.lines ?? []) page.set(line.number, textsOf(piecesOf(line)));
    const encode = liveEncoder(all.slice(0, before));
    for (const one of all.slice(before)) {
      const [, data] = /^event: log\ndata: (.*)$/m.exec(encode([one])) ?? [];
      for (const { add, lines } of data ? (JSON.parse(data) as SentChange[]) : []) {
        if (add) page.set(add[0], page.get(add[0])! + textsOf(add[1]));
        for (const [number, , pieces] of lines) page.set(number, textsOf(pieces));
      }
    }
    return page;
  }
  /** Each character with its look. */
  const textsOf = (pieces: readonly (string | readonly [string, string] | Piece)[]) =>
    pieces
      .map((piece) => {
        const plain = typeof piece === "string" ? (["", piece] as const) : piece;
        const [look, text] = "text" in plain ? [plain.look, plain.text] : plain;
        return text.replaceAll(/./gsu, (character) => `${look}:${character};`);
      })
      .join("");

  test.each([
    ["whole lines", [said("a\n"), said("b\nc\n")]],
    ["pieces of lines", [said("a"), said("b"), said("c\nd"), said("e\n")]],
    ["dots", Array.from({ length: 50 }, () => said("."))],
    ["a colour over lines", [said("\x1b[31ma\nb"), said("c\x1b[0md\n"), said("e\n")]],
    ["a sequence in two", [said("a\x1b[3"), said("1mred"), said("\x1b[0m\n")]],
    ["a progress bar", [said("10%\r"), said("50%\r"), said("100%\n")]],
    ["two streams", [said("a"), said("b", "stderr"), said("c\n"), said("d\n", "stderr")]],
    ["a cut", [said("a\n"), { ...said("z\n"), cut: 12 }]],
    ["a long line", [said("x".repeat(20_000)), said("y".repeat(9000)), said("\n")]],
    ["empty lines", [said("\n\n"), said("a\n"), said("\n")]],
  ])("is what the page shows when it is loaded again: %s", (_, of) => {
    const whole = appended(of, begun.length + of.length);
    expect(whole.size).toBeGreaterThan(0);
    for (let before = 0; before < begun.length + of.length; before++) {
      expect(sha256(JSON.stringify([...appended(of, before)]))).toBe(
        sha256(JSON.stringify([...whole])),
      );
    }
  });
  test("is sent once: dots take no more than twice their bytes and an envelope", () => {
    const encode = liveEncoder(events(...begun));
    const sizes = Array.from(
      { length: 300 },
      (_, index) => encode([{ run: "r", id: index + 3, at, ...said(".") } as RunEvent]).length,
    );
    expect(Math.max(...sizes)).toBeLessThan(100);
  });
});

test("what is on the page already is not rendered once more", () => {
  const output = { type: "output", stream: "stdout", text: "x\r" } as const;
  const before = Array.from({ length: 40_000 }, (_, index) => {
    return { ...output, run: "r", id: index + 1, at: "2026-01-01T00:00:00Z" };
  });
  expect(cpuTimeOf(() => liveEncoder(before))).toBeLessThan(1000);
});
