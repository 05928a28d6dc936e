import { ended, type PlayedEvent, printed, type SceneGroup, started } from "../scene.ts";

const usual = { p50_s: 14, p90_s: 22, wakes: 40 };
const HELLO = 'print("hello")';

function waking(since: number, phase: "requested" | "starting" | "booting"): PlayedEvent {
  return { type: "waking", phase, since: `{now-${since}}`, usual };
}

export const waits: SceneGroup = {
  id: "waits",
  title: "While a reader waits",
  sentence: "One sentence, one thin bar, and Stop; nothing moves while the words change.",
  scenes: [
    { id: "posted", title: "Waiting", code: HELLO, events: [] },
    {
      id: "queued",
      title: "Third in line",
      code: HELLO,
      events: [{ type: "queued" }],
      position: 3,
    },
    { id: "waking", title: "Waking", code: HELLO, events: [waking(8, "booting")] },
    {
      id: "setting-up",
      title: "Setting a machine up",
      code: HELLO,
      events: [
        {
          ...{ type: "waking", phase: "setting_up", since: "{now-12}", usual },
          step: { number: 3, of: 4, name: "languages" },
          next: "If this machine does not come up, another one is started once.",
        },
      ],
    },
    { id: "late", title: "Longer than usual", code: HELLO, events: [waking(31, "starting")] },
    {
      id: "retrying",
      title: "Trying again",
      code: HELLO,
      events: [
        started,
        {
          type: "retrying",
          attempt: 2,
          max_attempts: 3,
          reason: { code: "machine_lost", message: "The server lost its machine." },
          retry_at: "{now+40}",
        },
      ],
    },
    {
      id: "running",
      title: "Running",
      code: 'for n in range(1000):\n    print("step", n)',
      events: [started, printed("step 0\nstep 1\nstep 2\n")],
    },
    {
      id: "unreachable",
      title: "The server can’t be reached",
      code: HELLO,
      answer: { status: 0 },
    },
    {
      id: "busy",
      title: "Too many runs wait",
      code: HELLO,
      answer: {
        status: 503,
        headers: { "retry-after": "30" },
        body: { code: "too_many_runs", title: "Too many runs are waiting" },
      },
    },
    {
      id: "older",
      title: "An older result beside a run that waits",
      code: "import prices\nprint(prices.today())",
      claims: { cache_s: 3600 },
      answer: {
        status: 202,
        body: {
          stored: {
            id: "older",
            result_url: "{server}/results/older",
            ended_at: "{now-5400}",
            age_s: 5400,
          },
        },
      },
      results: { older: { stdout: "gold 2411.20\nsilver 29.85\n" } },
      events: [{ type: "queued" }, waking(5, "requested")],
    },
  ],
};

export const four: SceneGroup = {
  id: "four",
  title: "Four blocks that wake one machine",
  sentence: "They say it once, and the others follow.",
  oneServer: true,
  scenes: [1, 2, 3, 4].map((n) => ({
    id: `four-${n}`,
    title: `Block ${n}`,
    code: `print("block ${n}")`,
    events: [waking(6, "booting")],
  })),
};

export const stored: PlayedEvent[] = [started, printed("gold 2413.75\n"), ended()];
