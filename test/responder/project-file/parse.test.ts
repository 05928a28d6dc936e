import { expect, describe, test } from "vitest";
import { CommandRefusal } from "../../../responder/project-file/refusal.ts";
import { parseProjectFile } from "../../../responder/project-file/parse.ts";
import { cpuTimeOf } from "../../cpu-time.ts";

/** What is said about a file. */
function mistakesIn(text: string): string[] {
  try {
    parseProjectFile(text);
    return [];
  } catch (error) {
    if (error instanceof CommandRefusal && error.code === "file_invalid") {
      return error.message.split("\n");
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

describe("no text is read as something else than its line says", () => {
  test.each([
    ["- ! grep -rn FIXME src", /^Line 2: ! is a tag in YAML.*: '! grep -rn FIXME src'\.$/],
    ["- !important x", /^Line 2: !important is a tag in YAML; put the text into quotes/],
    ["- !!str x", /^Line 2: !!str is a tag/],
    ["- &x y", /^Line 2: commands: & begins an anchor in YAML; put it into quotes/],
    [
      "- *x",
      /^Line 2: \* begins an alias in YAML, and nothing has its name; put the text into quo/,
    ],
    ["- &x y\n  - *x", /Line 3: commands: \* begins an alias in YAML; put it into quotes: '\*x'/],
    ["- a\nenv: {A: *x}", /^Line 3: \* begins an alias in YAML, and nothing has its name/],
    ["- a\nartifacts: *.log", /^Line 3: \* begins an alias in YAML, and nothing has its name/],
    ["- *", /^Line 2: .*alias/],
    [
      '- echo "closes #12" && ls',
      `Line 2: commands: # begins a comment in YAML; put it into quotes: 'echo "closes #12" && ls'.`,
    ],
    ["- name: a\n    run: echo #1", /^Line 3: commands.run: # begins a comment in YAML/],
    [
      "- echo \"Version: 1\" && echo 'a'",
      `Line 2: commands: ": " makes a map of it in YAML; put the command into quotes: 'echo "Version: 1" && echo ''a'''.`,
    ],
    ["- [ -f x ]", /^Line 2: commands: \[ makes a list of it in YAML.*: '\[ -f x \]'\.$/],
    ["- { echo a; }", /^Line 2: commands: \{ makes a map of it in YAML/],
    ["- a\n    b", /^Line 2: commands: YAML joins its lines by blanks; write \| and a line end/],
    ['- "a\\0"', /^Line 2: commands: it has a character that no program can be given/],
    ['- "a\\ud800"', /^Line 2: commands: it has a character that no program/],
    ['- "\\d"', /^Line 2: \\ begins an escape in double quotes/],
    ["- `date`", /^Line 2: this is not YAML: a text can't begin so; put it into quotes\.$/],
    ["- a: b: c", /^Line 2: this is not YAML: /],
    ["- a\n---\ncommands: b", /^Line 3: this is not YAML: a second document begins/],
    ["- a\n...\nb", /a second document begins/],
    ["- a\nenv: {<<: {A: b}}", /^Line 3: env: << merges nothing here/],
    ["- a\nenv: {[a]: b}", /^Line 3: env: a key is no plain text/],
    ["- a\nenv: {A: 1, A: 2}", /^Line 3: env.A: it is there twice/],
    ["- a\nenv:\n  ? a\n  : b", /^Line 4: \? begins a key of several lines/],
    ["- a\nenv:\n  COLOR: #fff", /^Line 4: env.COLOR: # begins a comment in YAML/],
    ["- a\nserve: x #1", /^Line 3: serve: # begins a comment in YAML/],
  ])("%s", (lines, said) => {
    const mistakes = mistakesIn(`commands:\n  ${lines}\n`).join("\n");
    if (typeof said === "string") expect(mistakes).toBe(said);
    else expect(mistakes).toMatch(said);
    expect(mistakes).not.toMatch(/parseAllDocuments|node end|Nested mappings|CronPattern/);
  });

  test("while what is unmistakable is taken", () => {
    const text = `commands: # all of them
  - "make #1" # once
  - 'echo "Version: 1"'
  - | # as it stands
    a
      # b
  - true
  - 3.10
  - null
`;
    const read = ["make #1", 'echo "Version: 1"', "a\n  # b\n", "true", "3.10", "null"];
    expect(commandsOf(text)).toEqual(read);
    expect(parseProjectFile("commands: x\nenv: {A: ~, B: 0x10, C: 1_0}\n").env).toEqual({
      A: "~",
      B: "0x10",
      C: "1_0",
    });
  });
});

test("no file of 64 KiB holds the responder for long, whatever its shape is", () => {
  const most = 64 * 1024;
  const filled = (head: string, part: (index: number) => string, tail = "") => {
    let text = head;
    for (let index = 0; ; index++) {
      const next = part(index);
      if (text.length + next.length + tail.length > most) return text + tail;
      text += next;
    }
  };
  const names = (name: (index: number) => string, between = ", ", length = 200) =>
    Array.from({ length }, (_, index) => name(index)).join(between);
  const laughs = Array.from(
    { length: 60 },
    (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]\n`,
  );
  const shapes: Record<string, string> = {
    laughs: `a0: &a0 [x, x]\n${laughs.join("")}commands: *a60\n`,
    itself: "commands: &a [*a]\n",
    "open brackets": filled("commands: ", () => "["),
    brackets: `commands: ${"[".repeat(32_000)}${"]".repeat(32_000)}`,
    "open braces": filled("commands: ", () => "{a: "),
    dashes: filled("commands:\n", () => "- "),
    "keys of a flow map": filled("env: {", (index) => `${index.toString(36)},`, "}"),
    keys: filled("env:\n", (index) => ` a${index}: \n`),
    "one key": filled("commands: x\n", () => "env: a\n"),
    commas: filled("commands: [", () => "a,", "]"),
    anchors: filled("commands:\n", (index) => `- &a${index} x\n- *a${index}\n`),
    tags: filled("commands: ", () => "!a "),
    "anchors of one": filled("commands: ", () => "&a "),
    merges: filled("commands: x\n", () => "<<: *a\n"),
    "explicit keys": filled("commands: [", () => "? ", "]"),
    colons: filled("commands:", () => " :"),
    directives: filled("", () => "%YAML 1.2\n", "---\ncommands: x\n"),
    percents: filled("commands: x\n", () => "%\n"),
    comments: filled("commands: x\n", () => "#\n"),
    escapes: filled('commands: "', () => "\\q", '"'),
    "good escapes": filled('commands: "', () => "\\n", '"'),
    indents: Array.from({ length: 340 }, (_, index) => `${" ".repeat(index)}commands:\n`).join(""),
    words: filled("commands: x\n", (index) => `${"y".repeat(250)}${index}: x\n`),
    crons: `schedule: [${Array(20)
      .fill(`"${"1,".repeat(80)}1 0 31 2 *"`)
      .join(", ")}]`,
    years: `schedule: [${Array(20).fill('"0 0 30 2 mon"').join(", ")}]`,
    "unknown dependencies": `commands:\n  - { run: a, depends_on: &x [${names((index) => `${index}${"x".repeat(30)}`, ", ", 50)}] }\n${names((index) => `  - { run: ${"y".repeat(30)}${index}, depends_on: *x }`, "\n", 199)}\n`,
    "plain lines": filled("", () => "a\n"),
    "line ends": filled("", () => "\n", "x"),
    blanks: filled("", () => " \t", "x"),
    backslashes: filled("", () => "\\\n"),
    "open quotes": filled("", () => "${'a'"),
    substitutions: filled("", () => '"$('),
    heredocs: filled("", (index) => `<<E${index} `, "\n"),
    "heredocs of lines": filled("", (index) => `cat <<E${index}\n`),
    groups: filled("", () => "{ "),
    ifs: filled("", () => "if "),
    hashes: filled("", () => "#"),
  };
  const slow = Object.entries(shapes).flatMap(([name, text]) => {
    const took = cpuTimeOf(() => mistakesIn(text));
    return took > 100 ? [`${name}: ${Math.round(took)} ms`] : [];
  });
  expect(slow).toEqual([]);
  expect(mistakesIn("#".repeat(70_000))).toEqual(["Line 1: over 64 KiB; write less."]);
});
