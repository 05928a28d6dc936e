import { afterAll, beforeAll, expect, test } from "vitest";
import { bubblewrap } from "../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { commandTrials } from "./trial.ts";

let t: Awaited<ReturnType<typeof commandTrials>>;
beforeAll(async () => {
  t = await commandTrials(bubblewrap);
});
afterAll(() => t.close());

const until = (file: string) => `until test -e ${file}; do sleep 0.02; done`;

test("commands run beside one another once those they depend on have ended, each a step of its own", async () => {
  const { url } = await t.repository({
    ".deferred-server": `secrets: [TOKEN]
commands:
  - { name: deploy, run: echo never, depends_on: [unit, lint] }
  - { name: tag, run: echo never, when: { event: tag } }
  - { name: unit, run: "touch unit; printf s3cr; ${until("told")}; echo et-token" }
  - { name: lint, run: "${until("unit")}; echo one; echo two >/dev/stderr; exit 3" }
  - { name: after deploy, run: echo never, depends_on: deploy }
  - { name: tell, run: "echo $DEFERRED_STATUS; exit 4", when: { status: failure }, depends_on: [lint] }
  - { name: after tag, run: "touch told; echo $DEFERRED_STATUS", depends_on: [tag, tell], when: { status: always } }
  - { name: unhurt, run: "${until("told")}; exit 5", failure: ignore, depends_on: [tag] }
`,
  });
  const { executed, printed, marks } = await t.run(url, { secrets: { TOKEN: "s3cret-token" } });
  expect(executed).toMatchObject({ cause: "exited", exitCode: 3 });
  expect(Object.fromEntries(printed.slice(1))).toEqual({
    tag: "Skipped: it runs for tag, and this is push.\n",
    unit: "***\n",
    lint: expect.stringMatching(/^(one\ntwo\n|two\none\n)$/),
    unhurt: "",
    tell: "failure\n",
    "after tag": "failure\n",
  });
  const unit = marks.find((mark) => mark.type === "step_started" && mark.name === "unit");
  const end = marks.find((mark) => mark.type === "step_ended" && mark.step === unit?.step);
  expect(end).toMatchObject({ exit_code: 0, ran_s: expect.any(Number) });
  const outcomes = marks.flatMap((mark) => ("outcome" in mark ? [mark.outcome] : []));
  expect(outcomes).toEqual(["skipped", "ignored"]);
});

test("commands beside one another print while they run, also into each other's lines", async () => {
  const { url } = await t.repository({
    ".deferred-server": `commands:
  - { name: a, run: "printf one; sleep 60", depends_on: [] }
  - { name: b, run: "echo two; sleep 60", depends_on: [] }
`,
  });
  const stop = new AbortController();
  let all = "";
  const { printed, marks } = await t.run(url, {
    signal: stop.signal,
    onOutput: (text) => {
      all += text;
      if (all.includes("one") && all.includes("two")) stop.abort();
    },
  });
  expect(printed.slice(1)).toEqual([
    ["a", "one"],
    ["b", "two\n"],
  ]);
  expect(marks.slice(-2).map((mark) => [mark.type, mark.step])).toEqual([
    ["step_ended", 2],
    ["step_ended", 3],
  ]);
});

test("a command that runs alone is printed as it comes, and much output arrives whole", async () => {
  const { url } = await t.repository({
    ".deferred-server": `commands:
  - { name: many, run: "seq 1 50000; (sleep 60; echo late) &" }
  - { name: alone, run: echo up; sleep 60, depends_on: many }
`,
  });
  const stop = new AbortController();
  const { printed, executed } = await t.run(url, {
    signal: stop.signal,
    onOutput: (text) => text === "up\n" && stop.abort(),
  });
  expect(executed.cause).toBe("stopped");
  expect(printed[1]?.[1]).toMatch(/^1\n2\n[^]*\n50000\n$/);
});

test("what all of them printed is kept when the time is up", async () => {
  const loop = (name: string) =>
    `trap 'echo ${name} cleaned; exit 1' TERM; echo ${name}; sleep 60 & wait`;
  const { url } = await t.repository({
    ".deferred-server": `timeout: 3s
commands:
  - { name: a, run: "${loop("a")}" }
  - { name: b, run: "${loop("b")}", depends_on: [] }
  - { name: c, run: echo never, depends_on: [a] }
`,
  });
  const { executed, printed } = await t.run(url);
  expect(executed.cause).toBe("wall_time");
  expect(printed.slice(1)).toEqual([
    ["a", expect.stringMatching(/^a\na cleaned\n/)],
    ["b", expect.stringMatching(/^b\nb cleaned\n/)],
  ]);
});
