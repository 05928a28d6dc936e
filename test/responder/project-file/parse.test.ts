import { expect, describe, test } from "vitest";
import { CommandRefusal } from "../../../responder/checkout/refusal.ts";
import { parseProjectFile } from "../../../responder/project-file/parse.ts";
import { cpuTimeOf } from "../../cpu-time.ts";

/** What is said about a file. */
function mistakesIn(text: string): string[] {
  try {
    parseProjectFile(text);
    return [];
  } catch (error) {
    if (error instanceof CommandRefusal && error.reason === "file_invalid") {
      return error.detail.split("\n");
    }
    throw error;
  }
}

const NOTHING = {
  commands: [],
  runtimes: [],
  services: [],
  env: {},
  secrets: [],
  caches: [],
  artifacts: [],
  timeoutS: undefined,
  branches: undefined,
  schedule: [],
  serve: undefined,
  network: true,
  history: undefined,
};
const commandsOf = (text: string) => parseProjectFile(text).commands.map(({ run }) => run);

test("every key is read", () => {
  const text = `
commands:
  - npm ci
  - name: Tests
    run: |
      npm test
      npm run lint
runtimes: [node@26, python]
services:
  - postgresql
  - redis: { version: 7 }
env:
  RAILS_ENV: test
  VERSION: 3.10
  EMPTY:
secrets: [DEPLOY_TOKEN]
caches:
  - node_modules/
  - folder: ~/.cache/pip
    key: [requirements.txt]
artifacts: [coverage, "*.log", ./out/**]
timeout: 10m
branches: [main, release/*]
schedule:
  - cron: 0 3 * * 1
  - cron: "*/15 * * * *"
    commands: rake report
serve:
  command: npm start
  port: 8080
  ready: /healthz
  timeout: 90s
network: false
history: full
`;
  expect(parseProjectFile(text)).toEqual({
    commands: [
      { name: "npm ci", run: "npm ci" },
      { name: "Tests", run: "npm test\nnpm run lint\n" },
    ],
    runtimes: [{ name: "node", version: "26" }, { name: "python" }],
    services: [{ name: "postgresql" }, { name: "redis", version: "7" }],
    env: { RAILS_ENV: "test", VERSION: "3.10", EMPTY: "" },
    secrets: ["DEPLOY_TOKEN"],
    caches: [
      { folder: "node_modules", key: [] },
      { folder: "~/.cache/pip", key: ["requirements.txt"] },
    ],
    artifacts: ["coverage", "*.log", "out/**"],
    timeoutS: 600,
    branches: ["main", "release/*"],
    schedule: [
      { cron: "0 3 * * 1", commands: undefined },
      { cron: "*/15 * * * *", commands: [{ name: "rake report", run: "rake report" }] },
    ],
    serve: { command: "npm start", port: 8080, ready: "/healthz", timeoutS: 90 },
    network: false,
    history: "full",
  });
});

test("single values do for lists, and aliases are followed", () => {
  const text = "env: &e { A: b }\ncommands: make\nruntimes: ruby@3.1\nserve: rackup\nhistory: 5\n";
  expect(parseProjectFile(text)).toEqual({
    ...NOTHING,
    env: { A: "b" },
    commands: [{ name: "make", run: "make" }],
    runtimes: [{ name: "ruby", version: "3.1" }],
    serve: { command: "rackup", port: undefined, ready: undefined, timeoutS: 60 },
    history: 5,
  });
  expect(commandsOf("commands:\n  - &a make test\n  - *a\n")).toEqual(["make test", "make test"]);
});

describe("a file of bare commands, one a line", () => {
  test.each([
    ["rake report", ["rake report"]],
    ["bundle exec rake test # all\n", ["bundle exec rake test # all"]],
    [
      'curl -H "Accept: text/plain" https://example.org\n',
      ['curl -H "Accept: text/plain" https://example.org'],
    ],
    ["# How\nnpm ci\n\nnpm test -- --run\n", ["npm ci", "npm test -- --run"]],
    ["FOO=1 make \\\n  all\n", ["FOO=1 make    all"]],
    ["./bin/ci: --all\n", ["./bin/ci: --all"]],
    ["|\n  a\n  b\n", ["a\nb\n"]],
    ["npm ci\r\nnpm test \\\r\n --run\r\n", ["npm ci", "npm test   --run"]],
    ["\uFEFFcommands:\r\n  - make\r\n", ["make"]],
  ])("%j", (text, commands) => {
    expect(commandsOf(text)).toEqual(commands);
  });
});

describe("what is wrong is said by line and key, with what to write", () => {
  test.each([
    [
      "",
      "Line 1: the file is empty; write keys such as commands:, or nothing but commands, one a line.",
    ],
    [
      "- make\n",
      "Line 1: it is not a map; write keys such as commands:, or nothing but commands, one a line.",
    ],
    [
      "a: [\n",
      "Line 2: this is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]; put texts with : or # or quotes into quotes, and indent by blanks.",
    ],
    [
      "commands: a\nenv: {}\ncommands: b\n",
      "Line 3: this is not YAML: Map keys must be unique; write each key once.",
    ],
    ["comands: make\n", "Line 1: comands: there is no such key; write commands."],
    [
      "commands: make\nwhatever: 1\n",
      /^Line 2: whatever: there is no such key; write one of commands, runtimes/,
    ],
    ["commands:\n  - make\n  - 7:\n", /^Line 3: commands.7: there is no such key/],
    ["commands:\n", "Line 1: commands: it is empty; write a list of commands."],
    [
      "commands:\n  - name: x\n",
      "Line 2: commands: a command has to say what to run; write run: and the command.",
    ],
    [
      "runtimes: [perl]\n",
      'Line 1: runtimes: there is no runtime "perl"; write one of bash, node, python, ruby.',
    ],
    ["runtimes: [pyton]\n", 'Line 1: runtimes: there is no runtime "pyton"; write python.'],
    [
      "runtimes: [node@lts]\n",
      'Line 1: runtimes: "lts" is no version; write node@ and digits with dots.',
    ],
    [
      "services: [postgres]\n",
      'Line 1: services: there is no service "postgres"; write postgresql.',
    ],
    [
      "services:\n  redis: {versoin: 7}\n",
      "Line 2: services.redis.versoin: there is no such key; write version.",
    ],
    ["env: [A=b]\n", "Line 1: env: it is not a map; write names and values of variables."],
    [
      "env:\n  A-B: x\n",
      "Line 2: env.A-B: this is no name of a variable; write letters, digits and _.",
    ],
    [
      "env:\n  DEFERRED_RUN: x\n",
      "Line 2: env.DEFERRED_RUN: names that begin with DEFERRED are taken; choose another.",
    ],
    [
      "env:\n  A:\n    - x\n",
      "Line 3: env.A: a variable's value is a text; write one, in quotes where it has several lines.",
    ],
    [
      "secrets: [hunter2]\n",
      "Line 1: secrets: this is no name of a secret; write capitals, digits and _, never the secret.",
    ],
    ["caches: [../up]\n", /^Line 1: caches: a cache is a folder of the work tree/],
    ["caches: [~]\n", /^Line 1: caches: a cache is a folder/],
    [
      "caches:\n  - folder: a\n    key: [/etc/passwd]\n",
      /^Line 3: caches.key: a key is a file of the work tree/,
    ],
    ["artifacts: [/etc/passwd]\n", /^Line 1: artifacts: an artifact is in the work tree/],
    ["artifacts: [a/../../b]\n", /^Line 1: artifacts: an artifact/],
    [
      "timeout: soon\n",
      "Line 1: timeout: this is no time up to a day; write 90s, 10m, 1h or a number of seconds.",
    ],
    ["timeout: 0\n", /^Line 1: timeout: this is no time/],
    [
      "branches: ['a b']\n",
      "Line 1: branches: this is no branch; write its name, where * stands for any characters.",
    ],
    [
      "schedule: ['61 * * * *']\n",
      "Line 1: schedule: Invalid value for minute: 61; write five fields in UTC: minute, hour, day, month, weekday.",
    ],
    ["schedule: ['* * * * * *']\n", /^Line 1: schedule: .*5 parts.*; write five fields/],
    ["schedule: ['@daily']\n", /^Line 1: schedule: words are not taken/],
    ["schedule: ['0 0 31 2 *']\n", /^Line 1: schedule: this time never comes/],
    ["schedule:\n  - commands: x\n", /^Line 2: schedule: it has no cron line/],
    [
      `schedule: [${"'0 0 * * *', ".repeat(21)}]\n`,
      "Line 1: schedule: it has more than 20 entries; write fewer.",
    ],
    [`schedule: ['${"1,".repeat(100)}2 0 * * *']\n`, /^Line 1: schedule: it is over 200/],
    [
      `caches: [${Array.from({ length: 21 }, (_, index) => `c${index}`).join(", ")}]\n`,
      "Line 1: caches: it has more than 20 entries; write fewer.",
    ],
    ["serve:\n  port: 80\n", /^Line 2: serve: it does not say what to start/],
    ["serve:\n  command: x\n  port: 80\n", /^Line 3: serve.port: this is no port of an app/],
    [
      "serve:\n  command: x\n  ready: health\n",
      "Line 3: serve.ready: this is no path; write one that begins with /.",
    ],
    ["network: maybe\n", "Line 1: network: it is neither; write true or false."],
    ["history: 0\n", "Line 1: history: this is no number of commits; write one, or full."],
  ])("%j", (text, said) => {
    const mistakes = mistakesIn(text);
    if (typeof said === "string") expect(mistakes).toEqual([said]);
    else expect(mistakes.join("\n")).toMatch(said);
  });

  test("all at once, in the order of the lines", () => {
    const text = "history: x\nnetwork: 3\nruntimes: [perl]\n";
    expect(mistakesIn(text).map((said) => said.slice(0, 14))).toEqual([
      "Line 1: histor",
      "Line 2: networ",
      "Line 3: runtim",
    ]);
  });

  test("in no more than a detail holds", () => {
    const lines = Array.from({ length: 150 }, (_, index) => `wrong${index}: ${index}`);
    const said = mistakesIn(lines.join("\n"));
    expect(said.join("\n").length).toBeLessThan(2000);
    expect(said.at(-1)).toMatch(/^And \d+ more\.$/);
  });
});

test("a file that would unfold without end is read or refused at once", () => {
  const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let index = 1; index < 30; index++) {
    const inner = Array.from({ length: 9 }, () => `*a${index - 1}`).join(", ");
    bomb.push(`a${index}: &a${index} [${inner}]`);
  }
  bomb.push("commands: *a29");
  const took = cpuTimeOf(() => {
    expect(mistakesIn(bomb.join("\n")).length).toBeGreaterThan(0);
    expect(mistakesIn("commands: &a [*a]\n").length).toBeGreaterThan(0);
    expect(mistakesIn(`commands: ${"[".repeat(60_000)}\n`).length).toBeGreaterThan(0);
    expect(mistakesIn("#".repeat(70_000))).toEqual(["Line 1: over 64 KiB; write less."]);
  });
  expect(took).toBeLessThan(5_000);
});
