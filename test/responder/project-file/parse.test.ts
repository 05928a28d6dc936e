import { expect, test } from "vitest";
import { parseProjectFile } from "../../../responder/project-file/parse.ts";
import { mistakesIn } from "./mistakes-in.ts";

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
  matrix: [],
};
const commandsOf = (text: string) => parseProjectFile(text).commands.map(({ run }) => run);

test("commands with conditions, and a matrix", () => {
  const text = `
commands:
  - run: npm run lint
    failure: ignore
  - name: Deploy
    run: ./deploy
    when: { branch: main, event: [push, tag], path: [src/**, ./package.json], status: success }
  - run: ./tell
    when: { status: always }
matrix:
  NODE: [22, "24"]
  DB: [pg, mysql]
`;
  expect(parseProjectFile(text)).toEqual({
    ...NOTHING,
    commands: [
      { name: "npm run lint", run: "npm run lint", failure: "ignore" },
      {
        name: "Deploy",
        run: "./deploy",
        when: {
          branch: ["main"],
          event: ["push", "tag"],
          path: ["src/**", "package.json"],
          status: ["success"],
        },
      },
      { name: "./tell", run: "./tell", when: { status: ["success", "failure"] } },
    ],
    matrix: [
      { NODE: "22", DB: "pg" },
      { NODE: "22", DB: "mysql" },
      { NODE: "24", DB: "pg" },
      { NODE: "24", DB: "mysql" },
    ],
  });
});

test("commands with what they depend on", () => {
  const text =
    "commands: [{run: a, depends_on: []}, {run: b, depends_on: a}, {name: c, run: c, depends_on: [a, b]}]";
  expect(parseProjectFile(text).commands).toEqual([
    { name: "a", run: "a", dependsOn: [] },
    { name: "b", run: "b", dependsOn: ["a"] },
    { name: "c", run: "c", dependsOn: ["a", "b"] },
  ]);
  // Without, names need not be unique.
  expect(commandsOf("commands: [a, a]")).toEqual(["a", "a"]);
});

test.each([
  [
    "commands:\n  - { run: a, depends_on: c }\n  - { run: b, depends_on: a }\n  - { run: c, depends_on: [b] }",
    ['Line 2: commands.depends_on: it makes a circle, "a" → "c" → "b" → "a"; leave one out.'],
  ],
  [
    "commands:\n  - a\n  - { run: b, depends_on: [a, b] }\n  - { run: c, depends_on: b }",
    ['Line 3: commands.depends_on: it makes a circle, "b" → "b"; leave one out.'],
  ],
  [
    "commands:\n  - a\n  - b\n  - a\n  - { run: c, depends_on: [a] }",
    ['Line 4: commands: there is another "a", and depends_on needs names; write a name.'],
  ],
  [
    "commands:\n  - { name: build, run: a }\n  - { run: c, depends_on: [biuld] }",
    ['Line 3: commands.depends_on: there is no command "biuld"; write build.'],
  ],
  [
    "commands:\n  - a\n  - { run: b, depends_on: [a: x] }",
    ["Line 3: commands.depends_on: it is no name; write the name of a command."],
  ],
  [
    "commands:\n  - { name: a, run: a, when: { status: failure } }\n  - { run: b, depends_on: [a] }",
    ["Line 2: commands.name: it never runs, as nothing before it can fail; write depends_on."],
  ],
  [
    "commands: [a]\nschedule:\n  - cron: 0 1 * * *\n    commands:\n      - { run: b, depends_on: [a] }",
    ['Line 5: schedule.commands.depends_on: there is no command "a"; write b.'],
  ],
])("what is wrong with what commands depend on is said: %s", (text, mistakes) => {
  expect(mistakesIn(text)).toEqual(mistakes);
});

test.each([
  ["commands: [{run: a, failure: fail}]", /^Line 1: commands\.failure: it is not ignore; /],
  ["commands: [{run: a, when: main}]", /commands\.when: it is not a map; /],
  [
    "commands: [{run: a, when: {branches: main}}]",
    /when\.branches: there is no such key; write branch$/,
  ],
  [
    "commands: [{run: a, when: {event: cron}}]",
    /when\.event: there is no such one; write push, tag, /,
  ],
  ["commands: [{run: a, when: {event: []}}]", /when\.event: it is empty; /],
  ["commands: [{run: a, when: {path: ../x}}]", /when\.path: it is in the work tree; /],
  ["commands: [{failure: ignore}]", /a command has to say what to run/],
  ["commands: [a]\nmatrix: [1, 2]", /^Line 2: matrix: it is not a map; /],
  ["commands: [a]\nmatrix: {A: []}", /matrix\.A: it is empty; /],
  ["commands: [a]\nmatrix: {A: [1, 1]}", /matrix\.A: it is there twice; /],
  ["commands: [a]\nmatrix: {DEFERRED_RUN: [1]}", /names that begin with DEFERRED are taken/],
  [
    `commands: [a]\nmatrix: {A: [${Array.from({ length: 21 }, (_, i) => i).join(", ")}]}`,
    /matrix: it makes more than 20 combinations; /,
  ],
])("what is wrong with conditions is said: %s", (text, what) => {
  expect(mistakesIn(text).join("\n").replaceAll(/\.$/gm, "")).toMatch(what);
});

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
    matrix: [],
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
  const shared = "commands: &c [a, b]\nschedule:\n  - cron: 0 3 * * 1\n    commands: *c\n";
  expect(parseProjectFile(shared).schedule[0]?.commands?.map(({ run }) => run)).toEqual(["a", "b"]);
});

test("versions and services are read from lists and maps alike, each of them", () => {
  const read = (text: string) => {
    const { runtimes, services } = parseProjectFile(text);
    return { runtimes, services };
  };
  const said = { runtimes: [{ name: "python", version: "2.7" }], services: [] as object[] };
  expect(read('runtimes:\n  - python: "2.7"\n')).toEqual(said);
  expect(read("runtimes: {python: 2.7}\n")).toEqual(said);
  expect(read("runtimes:\n  - python: {version: 2.7}\n")).toEqual(said);
  expect(read("services: {postgresql: 9, redis: 4}\n").services).toEqual([
    { name: "postgresql", version: "9" },
    { name: "redis", version: "4" },
  ]);
  expect(read("services:\n  - postgresql:\n    redis: 7.10\n").services).toEqual([
    { name: "postgresql" },
    { name: "redis", version: "7.10" },
  ]);
  for (const wrong of [
    "services: [redis, redis@7]",
    "services: {redis: [7]}",
    "services: {redis@7: 8}",
    "services: [redis@7@8]",
    "services: {redis: {version: 7, port: 1}}",
    "services: [[redis]]",
  ]) {
    expect(mistakesIn(wrong), wrong).toHaveLength(1);
  }
});
