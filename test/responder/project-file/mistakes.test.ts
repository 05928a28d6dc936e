import { expect, describe, test } from "vitest";
import { mistakesIn } from "./mistakes-in.ts";

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
      "commands: [\n",
      "Line 2: this is not YAML: the line is indented otherwise than its neighbours, or a bracket is missing; indent entries alike, by blanks.",
    ],
    [
      "commands: a\nenv: {}\ncommands: b\n",
      "Line 3: commands: it is there twice; write each key once.",
    ],
    ["comands: make\n", "Line 1: comands: there is no such key; write commands."],
    [
      "commands: make\nwhatever: 1\n",
      /^Line 2: whatever: there is no such key; write one of commands, matrix, runtimes/,
    ],
    [
      "commands:\n  - make\n  - 7:\n",
      `Line 3: commands: ": " makes a map of it in YAML; put the command into quotes: '7:'.`,
    ],
    ["commands:\n", "Line 1: commands: it is empty; write a list of commands."],
    ["commands: []\n", "Line 1: commands: it is empty; write a list of commands."],
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
    [
      "secrets: [DEFERRED_TOKEN, DEFERRED_STATUS]\n",
      "Line 1: secrets: every run has a variable DEFERRED_STATUS of its own; choose another name.",
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
      'Line 1: schedule: "61" is no minute; write five fields in UTC: minute, hour, day, month, weekday.',
    ],
    ["schedule: ['* * * * * *']\n", /^Line 1: schedule: it has 6 fields; write five fields/],
    ["schedule: ['0 0 * * mon-frx']\n", /^Line 1: schedule: "mon-frx" is no weekday; write five/],
    ["schedule: ['*/0 * * * *']\n", /^Line 1: schedule: "\*\/0" is no minute; write five fields/],
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
