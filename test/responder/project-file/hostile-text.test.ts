import { expect, describe, test } from "vitest";
import { parseProjectFile } from "../../../responder/project-file/parse.ts";
import { cpuTimeOf } from "../../cpu-time.ts";
import { mistakesIn } from "./mistakes-in.ts";

const commandsOf = (text: string) => parseProjectFile(text).commands.map(({ run }) => run);

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
