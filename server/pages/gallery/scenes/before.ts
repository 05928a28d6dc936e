import { ended, printed, type PlayedEvent, type SceneGroup, started } from "../scene.ts";

const usual = { p50_s: 4, p90_s: 7, wakes: 40 };
const waking = { type: "waking", since: "{now-0}", usual } as const;

/** All that happens from a press to the result, in about eight seconds. */
const wholeWay: PlayedEvent[] = [
  { type: "queued" },
  { ...waking, phase: "requested", afterS: 0.8 },
  { ...waking, phase: "booting", afterS: 2 },
  {
    ...{ ...waking, phase: "setting_up", afterS: 3.2 },
    step: { number: 3, of: 4, name: "languages" },
  },
  { ...waking, phase: "ready", afterS: 4.4 },
  { ...started, afterS: 4.8 },
  ...[1, 2, 3, 4].map((n) => ({ ...printed(`line ${n}\n`), afterS: 4.8 + n * 0.6 })),
  { ...ended({ times: { queued: "{now-0}", ended: "{now+8}", ran_s: 2.5 } }), afterS: 7.4 },
];

export const before: SceneGroup = {
  id: "before",
  title: "Before a press",
  sentence: "Run stands over the code if it is alone, and in a row with whatever a reader can set.",
  scenes: [
    {
      id: "whole",
      title: "Press Run to see the whole way",
      code: 'import time\nfor n in range(1, 5):\n    print(f"line {n}", flush=True)\n    time.sleep(0.6)',
      events: wholeWay,
      still: true,
    },
    {
      id: "idle",
      title: "One line",
      code: 'print("hello from a machine that woke for you")',
      events: [started, printed("hello from a machine that woke for you\n"), ended()],
      still: true,
    },
    {
      id: "inputs",
      title: "Inputs",
      code: 'import os, random\nsides = int(os.environ["INPUT_SIDES"])\nprint(random.randint(1, sides))',
      claims: {
        inputs: {
          sides: { type: "integer", min: 2, max: 100, default: 6, label: "Sides" },
          name: { type: "text", default: "Ada", max_length: 20, label: "Who throws" },
          kind: { type: "choice", values: ["fair", "loaded"], default: "fair", label: "Dice" },
          loud: { type: "boolean", default: true, label: "Aloud" },
          lines: { type: "text", as: "stdin", default: "one\ntwo", label: "Standard input" },
        },
      },
      events: [started, printed("4\n"), ended()],
      still: true,
    },
    {
      id: "edit",
      title: "Code that a reader may change",
      code: 'name = "world"\nprint(f"hello, {name}")',
      claims: { edit: true },
      events: [started, printed("hello, world\n"), ended()],
      still: true,
    },
    {
      id: "network",
      title: "A program with a network",
      language: "bash",
      code: "curl -s 'https://api.example.org/weather?city=Rome'",
      claims: { limits: { network: ["api.example.org"] } },
      events: [started, printed("24 °C, clear\n"), ended()],
      still: true,
    },
    {
      id: "long-line",
      title: "A line longer than its box",
      language: "bash",
      code: "printf '%s\\n' one two three four five six seven eight nine ten eleven twelve thirteen fourteen | sort | head -n 3",
      events: [started, printed("eight\neleven\nfive\n"), ended()],
      still: true,
    },
    {
      id: "recorded",
      title: "A recorded result, frozen until a run",
      code: "import platform\nprint(platform.system(), platform.machine())",
      recorded: "Linux x86_64\n",
      events: [started, printed("Linux x86_64\n"), ended()],
      still: true,
    },
  ],
};
