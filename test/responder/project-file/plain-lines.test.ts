import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { CommandRefusal } from "../../../responder/project-file/refusal.ts";
import { parseProjectFile } from "../../../responder/project-file/parse.ts";

const read = (text: string) => parseProjectFile(text).commands;
const commandsOf = (text: string) => read(text).map(({ run }) => run);

function refusalOf(text: string): string {
  try {
    parseProjectFile(text);
  } catch (error) {
    if (error instanceof CommandRefusal) return error.message;
    throw error;
  }
  throw new Error("it was taken");
}

describe("a file of bare commands, one a line", () => {
  test.each([
    ["rake report", ["rake report"]],
    ["bundle exec rake test # all\n", ["bundle exec rake test # all"]],
    [
      'curl -H "Accept: text/plain" https://example.org\n',
      ['curl -H "Accept: text/plain" https://example.org'],
    ],
    ["# How\nnpm ci\n\nnpm test -- --run\n", ["npm ci", "npm test -- --run"]],
    ["# don't stop \\\nnpm test\n", ["npm test"]],
    ["./bin/ci: --all\n", ["./bin/ci: --all"]],
    ["npm ci\r\nnpm test\r\n", ["npm ci", "npm test"]],
    ["npm ci\rnpm test\r", ["npm ci", "npm test"]],
    ["\uFEFFnpm ci\n", ["npm ci"]],
    ["echo one\n! grep -n FIXME app.py\n", ["echo one", "! grep -n FIXME app.py"]],
    ["[ -f app.py ]\necho fine\n", ["[ -f app.py ]", "echo fine"]],
    ["{ echo a; echo b; } > out\nls\n", ["{ echo a; echo b; } > out", "ls"]],
    ["*/run\n%x\n@y\n&z\n", ["*/run", "%x", "@y", "&z"]],
    ["> out\n>> out echo hi\n", ["> out", ">> out echo hi"]],
    ['echo "Version: 1"\necho closes #12\n', ['echo "Version: 1"', "echo closes #12"]],
    ["| head\nls\n", ["| head", "ls"]],
  ])("%j", (text, commands) => {
    expect(commandsOf(text)).toEqual(commands);
  });
});

describe("what bash would read on is one command, byte for byte", () => {
  test.each([
    ["FOO=1 make \\\n  all", "ls"],
    ["cat > f <<EOF\nkey: value\nenv: x\n---\nEOF", "ls"],
    ["cat <<-'E O' && cat <<B\n\tit's\n\tE O\nb\nB", "ls"],
    ["x=$(cat <<EOF\n)'\nEOF\n)", "ls"],
    ["python3 -c '\nprint(1) # it\"s\n'", "ls"],
    ['echo "a\nenv: it\'s\n"', "ls"],
    ["curl -d '{\n\"env\": 1\n}' x", "ls"],
    ["for x in 1 2; do\n  echo $x\ndone", "ls"],
    ["if true\nthen echo a\nelif false; then :; else\n  b; fi", "ls"],
    ["while read x; do\n  echo $x\ndone < <(ls)", "ls"],
    ["case x in\n  a) echo a;;\n  (b|if) echo b;;\nesac", "ls"],
    ["f() {\n  echo f\n}", "f"],
    ["function g {\n  echo f\n}", "f"],
    ["(cd a\n  make)", "ls"],
    ["{ a\n  b; }", "ls"],
    ["a=(1\n2)", "ls"],
    ["a &&\n  b ||\n# why\n\n  c |\n  d", "ls"],
    ["echo `ls\n`", "ls"],
    ["((a = 1 <<\n2))", "ls"],
  ])("%j", (first, second) => {
    expect(commandsOf(`${first}\n${second}\n`)).toEqual([first, second]);
    // Bash takes it, and none of its lines before the last are a command of their own.
    const isWhole = (script: string) => {
      const { status, stderr } = spawnSync("bash", ["-n", "-c", script], { encoding: "utf8" });
      return status === 0 && stderr === "";
    };
    expect(isWhole(first)).toBe(true);
    if (!first.includes("\\\n"))
      expect(isWhole(first.slice(0, first.lastIndexOf("\n")))).toBe(false);
  });

  test.each([
    "echo $((1<<2))",
    "((x=1<<2))",
    "cat <<< EOF",
    "echo it\\'s",
    "echo $'it\\'s'",
    "echo \"${x:-it's} or it's}\" ${y#'}'} $# ${#z}",
    'echo "$(echo \'it"s\')"',
    "echo a # it's (",
    "echo if { case",
    "[[ $a == b && -f c ]] && d",
    "if a; then b; fi",
    "for ((i = 0; i < 3; i++)); do echo $i; done",
    "echo {a,b} a#b",
    "f() { a; }; f",
    "a & b",
    "echo \\(",
  ])("%s is whole", (command) => {
    expect(commandsOf(`${command}\nls\n`)).toEqual([command, "ls"]);
    expect(spawnSync("bash", ["-n", "-c", command]).status).toBe(0);
  });

  test("its first line stands for it", () => {
    expect(read("for x in a; do\n  echo $x\ndone\n")[0]?.name).toBe("for x in a; do …");
  });
});

describe("what is neither commands nor YAML is refused by line", () => {
  test.each([
    ["ls\necho it's\nls\n", /^Line 2: this command does not end: a ' is not closed/],
    ["cat <<EOF\na\n", /^Line 1: this command does not end: no line is EOF alone/],
    ["ls\nif a; then\n b\n", /^Line 2: this command does not end: write fi where it ends\.$/],
    ["echo $(ls\n", /^Line 1: this command does not end: write \) where it ends\.$/],
    ["npm ci\nenv: x\n", /^Line 1: line 2 begins with a key, so the file is YAML, and this/],
    ["npm ci\n---\nls\n", /^Line 1: line 2 begins with a key/],
    [
      "image: ruby\n",
      /^Line 1: image: there is no such key; write one of commands, .*, or nothing/,
    ],
    ["x-a: it's\ncommands: make\n", /^Line 1: x-a: there is no such key/],
    ["a\n".repeat(201), "Line 201: these are more than 200 commands; write fewer."],
    ["ls\n\n\0\n", /^Line 3: it has a NUL/],
  ])("%j", (text, said) => {
    if (typeof said === "string") expect(refusalOf(text)).toBe(said);
    else expect(refusalOf(text)).toMatch(said);
  });
});

test("a key makes it YAML, in JSON too", () => {
  for (const text of [
    "commands: make",
    "---\ncommands: [make]\n",
    '{"commands":["make"]}',
    "{commands: [make]}",
    '{\n  "commands": ["make"]\n}',
    "'commands': make\n",
    "# it's\n\n  commands: make\n",
  ]) {
    expect(commandsOf(text), text).toEqual(["make"]);
  }
});
