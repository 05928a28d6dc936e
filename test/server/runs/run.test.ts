import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Outcome } from "../../../protocol/outcome.ts";
import { isEnded, RUN_STATES, type RunState } from "../../../protocol/run.ts";
import { retryDelayMs, transition, type Run, type RunInput } from "../../../server/runs/run.ts";

const now = 1_000_000;

const runIn = (state: RunState, changes: Partial<Run> = {}): Run => ({
  state,
  attempt: 0,
  maxAttempts: 3,
  repeatable: true,
  createdAt: now - 1000,
  availableAt: now,
  startedAt: null,
  endedAt: null,
  ...changes,
});

const outcome = (cause: Outcome["cause"], exit_code: number | null = null): Outcome => ({
  cause,
  exit_code,
  signal: null,
  ran_s: 1.5,
  truncated: { stdout: 0, stderr: 0, artifacts: 0 },
});

const waking: RunInput = { type: "machine_waking", waking: { phase: "booting", since: "…" } };
const lost: RunInput = { type: "attempt_lost", reason: "lease_lapsed" };
const wakeFailed: RunInput = { type: "wake_failed", reason: "boot_failed" };
const finished = (of: Outcome): RunInput => ({ type: "finished", outcome: of, artifacts: [] });

describe("what leads from one state to another", () => {
  test.for<[from: RunState, input: RunInput, to: RunState | "nothing"]>([
    ["queued", waking, "waking"],
    ["queued", { type: "claimed" }, "running"],
    ["queued", lost, "nothing"],
    ["queued", wakeFailed, "nothing"],
    ["queued", finished(outcome("exited", 0)), "nothing"],
    ["waking", waking, "waking"],
    ["waking", { type: "claimed" }, "running"],
    ["waking", wakeFailed, "retrying"],
    ["running", waking, "nothing"],
    ["running", { type: "claimed" }, "nothing"],
    ["running", lost, "retrying"],
    ["running", finished(outcome("exited", 0)), "succeeded"],
    ["running", finished(outcome("exited", 1)), "failed"],
    ["running", finished(outcome("exited", null)), "failed"],
    ["running", finished(outcome("wall_time")), "timed_out"],
    ["running", finished(outcome("cpu_time")), "timed_out"],
    ["running", finished(outcome("memory")), "killed"],
    ["running", finished(outcome("handed_back")), "retrying"],
    ["running", finished(outcome("taken_back")), "retrying"],
    ["running", finished(outcome("sandbox_failed")), "retrying"],
    ["running", finished(outcome("upload_failed")), "retrying"],
    ["running", finished({ ...outcome("refused"), reason: "file_invalid" }), "failed"],
    ["running", finished({ ...outcome("refused"), reason: "schedule_gone" }), "canceled"],
    ["running", finished({ ...outcome("refused"), reason: "commit_skips" }), "canceled"],
    ["retrying", { type: "claimed" }, "running"],
    ["retrying", waking, "waking"],
    ["retrying", lost, "nothing"],
    ["queued", { type: "given_up", reason: "runtime_not_installed" }, "errored"],
    ["running", { type: "given_up", reason: "budget_spent" }, "nothing"],
    ["queued", { type: "canceled" }, "canceled"],
    ["running", { type: "canceled" }, "canceled"],
    ["retrying", { type: "canceled" }, "canceled"],
  ])("%s, %o: %s", ([from, input, to]) => {
    expect(transition(runIn(from), input, now)?.run.state ?? "nothing").toBe(to);
  });

  test("an end is for good", () => {
    const ended = RUN_STATES.filter(isEnded);
    expect(ended).toHaveLength(6);
    for (const state of ended) {
      for (const input of [waking, { type: "claimed" }, lost, { type: "canceled" }] as RunInput[]) {
        expect(transition(runIn(state), input, now)).toBeUndefined();
      }
    }
  });
});

describe("retries", () => {
  test("wait twice as long each time, and may not be claimed before", () => {
    expect([2, 3, 4, 20].map(retryDelayMs)).toEqual([500, 1000, 2000, 30_000]);
    const { run, events } = transition(
      runIn("running", { attempt: 1, startedAt: now }),
      lost,
      now,
    )!;
    expect(run.availableAt).toBe(now + 500);
    expect(events).toMatchObject([{ type: "retrying", attempt: 2, max_attempts: 3 }]);
    expect(transition(run, { type: "claimed" }, now + 499)).toBeUndefined();
    expect(transition(run, { type: "claimed" }, now + 500)?.run.attempt).toBe(2);
  });

  test("end with the attempts, whether machines or programs were lost", () => {
    const last = transition(runIn("running", { attempt: 3, startedAt: now }), lost, now)!;
    expect(last.run.state).toBe("errored");
    expect(last.events).toMatchObject([{ type: "ended", reason: { code: "lease_lapsed" } }]);
    const never = transition(runIn("waking", { attempt: 2 }), wakeFailed, now)!;
    expect(never.run).toMatchObject({ state: "errored", attempt: 3 });
  });

  test("are more by one for each machine that was lost before the program began, up to ten", () => {
    let run = runIn("queued");
    const told: unknown[] = [];
    for (let at = now; !isEnded(run.state); at += 60_000) {
      run = transition(run, { type: "claimed" }, at)!.run;
      const next = transition(run, lost, at)!;
      run = next.run;
      told.push(...next.events.map((one) => one.type === "retrying" && one.max_attempts));
    }
    expect(told).toEqual([4, 5, 6, 7, 8, 9, 10, 10, 10, false]);
    expect(run).toMatchObject({ state: "errored", attempt: 10 });
  });

  test("are no more where a machine that had the run could not begin it, or none came up", () => {
    const begin = finished(outcome("sandbox_failed"));
    for (const [from, input] of [
      ["running", begin],
      ["waking", wakeFailed],
    ] as const) {
      expect(transition(runIn(from, { attempt: 1 }), input, now)?.run.maxAttempts).toBe(3);
    }
    const killed: RunInput = { type: "wake_failed", reason: "machine_gone" };
    expect(transition(runIn("waking", { attempt: 1 }), killed, now)?.run.maxAttempts).toBe(4);
  });

  test("come at once where no machine had heard of the run", () => {
    const unheard: RunInput = { type: "attempt_lost", reason: "not_heard" };
    const { run } = transition(runIn("running", { attempt: 1 }), unheard, now)!;
    expect(transition(run, { type: "claimed" }, now)?.run.attempt).toBe(2);
  });

  test("are not for a program that may have begun and may not run twice", () => {
    const run = runIn("running", { attempt: 1, repeatable: false });
    expect(transition(run, lost, now)?.run.state).toBe("retrying");
    const begun = transition(run, { type: "started", at: now }, now)!.run;
    expect(transition(begun, lost, now)?.events).toMatchObject([
      { type: "ended", state: "errored", reason: { code: "not_repeatable" } },
    ]);
  });
});

test("whatever happens in whatever order, attempts are bounded and there is one end at most", () => {
  const inputs = fc.array(
    fc.constantFrom<RunInput>(
      waking,
      { type: "claimed" },
      { type: "started", at: now },
      lost,
      wakeFailed,
      finished(outcome("exited", 0)),
      finished(outcome("handed_back")),
      { type: "canceled" },
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(inputs, (list) => {
      let run = runIn("queued");
      let ends = 0;
      for (const [index, input] of list.entries()) {
        const next = transition(run, input, now + index * 60_000);
        if (!next) continue;
        run = next.run;
        ends += next.events.filter((event) => event.type === "ended").length;
      }
      expect(run.attempt).toBeLessThanOrEqual(run.maxAttempts);
      expect(ends).toBe(isEnded(run.state) ? 1 : 0);
    }),
  );
});
