import { readFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import type { Command } from "../../cli/command.ts";
import { ROOT } from "../../cli/commands.ts";
import { commandHelp } from "../../cli/help.ts";
import { isGroup, type Group } from "../../cli/tree.ts";
import { deferred, startDeferred } from "./deferred.ts";

const root = new URL("../../", import.meta.url);

test("--version prints the package's version alone", async () => {
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  expect(await deferred(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

test("--help names every command", async () => {
  const { code, stdout } = await deferred(["--help"]);
  expect(code).toBe(0);
  for (const { name, summary } of ROOT.commands)
    expect(stdout).toMatch(new RegExp(`${name} +${summary}`));
});

test("a reader that leaves ends the command without a word", async () => {
  const { child, ended } = await startDeferred(["completion", "zsh"]);
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
  const commands = await leaves(ROOT);
  expect(commands.length).toBeGreaterThan(35);
  for (const command of commands) {
    const help = commandHelp(command);
    expect(help).toContain(`\nUsage: deferred ${command.name}`);
    expect(help).toMatch(/\nExamples:\n {2}\S/);
    for (const line of help.split("\n")) expect([command.name, line.length < 125]).toContain(true);
  }
  const { code, stdout } = await deferred(["projects", "hooks", "add", "--help"]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: commandHelp(commands.find(({ name }) => name === "projects hooks add")!),
  });
});

async function leaves(group: Group): Promise<Command[]> {
  const found: Command[] = [];
  for (const { load } of group.commands) {
    const node = await load();
    if (isGroup(node)) found.push(...(await leaves(node)));
    else found.push(node);
  }
  return found;
}

test.each([
  [["zork"], 'there is no command "zork"', "see deferred --help"],
  [["--zork"], 'there is no option "--zork"', "see deferred --help"],
  [["sign", "--zork"], "unknown option '--zork'", "see deferred sign --help"],
  [["sign"], "sign needs a file", "see deferred sign --help"],
  [["run", "a.rb", "b.rb"], '"b.rb" is one argument too many', "see deferred run --help"],
  [
    ["run", "--nth", "-1", "a.html"],
    "option '--nth' needs a value; one that begins with a dash goes behind --NAME=",
    "see deferred run --help",
  ],
  [
    ["sing", "a.rb"],
    'there is no command "sing"',
    "did you mean deferred sign? See deferred --help",
  ],
  [
    ["version"],
    'there is no command "version"',
    "did you mean deferred --version? See deferred --help",
  ],
  [["-v"], 'there is no option "-v"', "did you mean deferred --version? See deferred --help"],
  [
    ["keys", "revok", "x"],
    'keys needs new, list or revoke, not "revok"',
    "did you mean deferred keys revoke? See deferred keys --help",
  ],
  [
    ["projects", "set", "--branch", "main"],
    "unknown option '--branch'",
    "did you mean --branches? See deferred projects set --help",
  ],
  [
    ["exec", "--tiemout=3s", "--", "ls"],
    "unknown option '--tiemout'; put -- before what is not for deferred",
    "did you mean --timeout? See deferred exec --help",
  ],
  [["x".repeat(100_000)], `there is no command "${"x".repeat(100_000)}"`, "see deferred --help"],
  [
    ["serve", "--port", "abc"],
    '--port has to be a whole number from 0 to 65535, not "abc"',
    "see deferred serve --help",
  ],
  [
    ["serve", "--port", "65536"],
    '--port has to be a whole number from 0 to 65535, not "65536"',
    "see deferred serve --help",
  ],
  [
    ["ps", "-n", "x"],
    '--limit (-n) has to be a whole number from 1 to 200, not "x"',
    "see deferred ps --help",
  ],
  [["keys", "burn"], 'keys needs new, list or revoke, not "burn"', "see deferred keys --help"],
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

test.skipIf(Number.parseInt(oldVersion.slice(1), 10) >= 24)(
  "a Node that is too old gives way to the project's own",
  async () => {
    const { code, stderr } = await deferred(["--version"], { node: old });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(await deferred(["zork"], { node: old })).toMatchObject({ code: 2 });
  },
);

test("the help of a group, also of one command alone, names a command of its own", async () => {
  for (const group of ["image", "keys", "projects", "projects secrets", "aws"]) {
    const { code, stdout } = await deferred([...group.split(" "), "--help"]);
    expect(code).toBe(0);
    const [, named] = /or a command's: deferred (.+) --help/.exec(stdout) ?? [];
    const shown = await deferred([...named!.split(" "), "--help"]);
    expect([named, shown.code]).toEqual([named, 0]);
    expect(`${shown.stdout.split("\n").find((line) => line.startsWith("Usage:"))} `).toContain(
      `Usage: deferred ${named} `,
    );
  }
});
