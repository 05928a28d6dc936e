import { ended, type PlayedEvent, printed, type SceneGroup, started } from "../scene.ts";
import { stored } from "./waits.ts";

const TRACEBACK = `Traceback (most recent call last):
  File "main.py", line 3, in <module>
    print(total / count)
          ~~~~~~^~~~~~~
ZeroDivisionError: division by zero
`;

function stopped(state: "timed_out" | "killed", code: string, message: string): PlayedEvent {
  const times = { queued: "{now-9}", ended: "{now-0}", ran_s: state === "killed" ? 1.7 : 5 };
  return ended({ state, exit_code: null, reason: { code, message }, times });
}

export const endings: SceneGroup = {
  id: "endings",
  title: "How a run ends",
  sentence: "Success is one quiet line below the output; only trouble stands above it.",
  scenes: [
    {
      id: "succeeded",
      title: "Success",
      code: "print(6 * 7)",
      events: [started, printed("42\n"), ended()],
    },
    { id: "silent", title: "No output", code: "x = 6 * 7", events: [started, ended()] },
    {
      id: "failed",
      title: "The program fails",
      code: "total = 42\ncount = 0\nprint(total / count)",
      events: [
        started,
        printed("adding up\n"),
        printed(TRACEBACK, "stderr"),
        ended({ state: "failed", exit_code: 1 }),
      ],
    },
    {
      id: "timed-out",
      title: "It takes too long",
      code: "while True:\n    pass",
      claims: { limits: { wall_s: 5 } },
      events: [
        started,
        printed("working\n"),
        stopped(
          "timed_out",
          "wall_time",
          "The program was stopped: it ran longer than its time limit. The limit is 5 s.",
        ),
      ],
    },
    {
      id: "killed",
      title: "It needs too much memory",
      code: "[0] * 10**12",
      claims: { limits: { memory_mb: 128 } },
      events: [
        started,
        stopped(
          "killed",
          "memory",
          "The program was stopped: it used more memory than its limit. The limit is 128 MiB.",
        ),
      ],
    },
    {
      id: "canceled",
      title: "Stopped by the reader",
      code: "import time\ntime.sleep(60)",
      events: [started, ended({ state: "canceled", exit_code: null })],
    },
    {
      id: "errored",
      title: "No machine could run it",
      code: "print(1)",
      events: [
        ended({
          state: "errored",
          exit_code: null,
          reason: {
            code: "attempts_used_up",
            message: "Three machines were lost, one after another.",
          },
        }),
      ],
    },
    {
      id: "refused",
      title: "Not what its author signed",
      code: "print('something else')",
      answer: {
        status: 403,
        body: {
          code: "code_mismatch",
          title: "The code on this page is not the code its author signed. It was not run.",
          detail: "The page shows 23 characters in 1 line.",
        },
      },
    },
    {
      id: "stored",
      title: "A stored result",
      code: "import prices\nprint(prices.today())",
      claims: { cache_s: 3600 },
      answer: {
        status: 202,
        body: {
          stored: {
            id: "stored",
            result_url: "{files}/result.json",
            ended_at: "{now-240}",
            age_s: 240,
          },
        },
      },
      events: stored,
    },
    {
      id: "edited",
      title: "Code changed by the reader",
      code: 'name = "world"\nprint(f"hello, {name}")',
      claims: { edit: true },
      edited: 'name = "Ada"\nprint(f"hello, {name}")',
      events: [started, printed("hello, Ada\n"), ended()],
    },
  ],
};
