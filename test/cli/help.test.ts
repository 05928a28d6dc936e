import { readFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { createProgram } from "../../cli/program.ts";
import { needs } from "../needs.ts";
import { deferred, spawnDeferred, startDeferred } from "./deferred.ts";

const root = new URL("../../", import.meta.url);

test("--version prints the package's version alone", async () => {
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  const alone = { code: 0, stdout: `${version}\n`, stderr: "" };
  expect(await deferred(["--version"])).toEqual(alone);
  expect(await spawnDeferred(["--version"])).toEqual(alone);
});

test("--help names every command", async () => {
  const { code, stdout } = await deferred(["--help"]);
  expect(code).toBe(0);
  const { commands } = await createProgram();
  for (const command of commands.filter((each) => each.name() !== "version")) {
    expect(stdout).toMatch(new RegExp(`${command.name()} +${command.summary()}`));
  }
});

test("a reader that leaves ends the command without a word", async () => {
  const { child, ended } = startDeferred(["completion", "zsh"]);
  child.stdout!.destroy();
  expect(await ended).toMatchObject({ code: 141, stderr: "" });
});

test("no command at all is a mistake that shows the help", async () => {
  const { code, stdout, stderr } = await deferred([]);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("Usage: deferred COMMAND");
});

test("the help of each command has a usage line and examples, within what a terminal is wide", async () => {
  const commands = leaves(await createProgram());
  expect(commands.length).toBeGreaterThan(35);
  for (const words of commands) {
    const { code, stdout } = await deferred([...words, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: deferred ${words.join(" ")}`);
    expect(stdout).toMatch(/\nExamples:\n {2}\S/);
    for (const line of stdout.split("\n")) expect([words, line.length < 125]).toContain(true);
    expect(await deferred(["help", ...words])).toEqual({ code, stdout, stderr: "" });
  }
});

/** The words of each command that has no further ones. */
function leaves(command: CommandUnknownOpts, words: string[] = []): string[][] {
  const visible = command.createHelp().visibleCommands(command);
  if (visible.length === 0) return [words];
  return visible.flatMap((each) => leaves(each, [...words, each.name()]));
}

test.each([
  [["zork"], "unknown command 'zork'", "see deferred --help"],
  [["--zork"], "unknown option '--zork'", "see deferred --help"],
  [["sign", "--zork"], "unknown option '--zork'", "see deferred sign --help"],
  [["sign"], "missing required argument 'FILE|-'", "see deferred sign --help"],
  [
    ["sign", "a.rb", "b.rb"],
    "too many arguments for 'sign'. Expected 1 argument but got 2: a.rb, b.rb",
    "see deferred sign --help",
  ],
  [
    ["run", "--nth", "-1", "a.html"],
    "option '--nth <N>' argument '-1' is invalid. It has to be a whole number from 1 to 100000",
    "see deferred run --help",
  ],
  [["sing", "a.rb"], "unknown command 'sing'", "did you mean sign? See deferred --help"],
  [
    ["keys", "revok", "x"],
    "unknown command 'revok'; there are new, add, list, revoke",
    "did you mean revoke? See deferred keys --help",
  ],
  [
    ["projects", "set", "--branch", "main"],
    "unknown option '--branch'",
    "did you mean --branches? See deferred projects set --help",
  ],
  [
    ["exec", "--tiemout", "3s", "--", "ls"],
    "unknown option '--tiemout'; put -- before what is not for deferred",
    "did you mean --timeout? See deferred exec --help",
  ],
  [["x".repeat(100_000)], `unknown command '${"x".repeat(100_000)}'`, "see deferred --help"],
  [
    ["serve", "--port", "abc"],
    "option '--port <N>' argument 'abc' is invalid. It has to be a whole number from 0 to 65535",
    "see deferred serve --help",
  ],
  [
    ["serve", "--port", "65536"],
    "option '--port <N>' argument '65536' is invalid. It has to be a whole number from 0 to 65535",
    "see deferred serve --help",
  ],
  [
    ["ps", "-n", "x"],
    "option '-n, --limit <N>' argument 'x' is invalid. It has to be a whole number from 1 to 200",
    "see deferred ps --help",
  ],
  [
    ["ps", "--state", "faild"],
    "There is no state “faild”. Did you mean state:failed?",
    "see deferred ps --help",
  ],
  [
    ["keys", "burn"],
    "unknown command 'burn'; there are new, add, list, revoke",
    "see deferred keys --help",
  ],
])(
  "a wrong command line says what is wrong and where the help is: %j",
  async (args, error, hint) => {
    const { code, stdout, stderr } = await deferred(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(`error: ${error}\nhint: ${hint}\n`);
  },
);

const old = "/usr/bin/node";
const oldVersion = existsSync(old) ? execFileSync(old, ["-v"], { encoding: "utf8" }) : "v99";

test(
  "a Node that is too old gives way to the project's own",
  needs(Number.parseInt(oldVersion.slice(1), 10) < 24, "a Node before 24 in /usr/bin"),
  async () => {
    const { code, stderr } = await spawnDeferred(["--version"], { node: old });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(await spawnDeferred(["zork"], { node: old })).toMatchObject({ code: 2 });
  },
);

test("a group without a command of its own shows its help as a mistake", async () => {
  const { stdout } = await deferred(["keys", "--help"]);
  expect(await deferred(["keys"])).toEqual({ code: 2, stdout: "", stderr: stdout });
  expect(stdout).toMatch(/^ {2}revoke +Revoke a key/m);
});

test("the version has a command and a short option, too", async () => {
  const { stdout } = await deferred(["--version"]);
  for (const words of ["version", "-v"]) {
    expect(await deferred([words])).toEqual({ code: 0, stdout, stderr: "" });
  }
});
