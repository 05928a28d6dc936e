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
  [["zork"], 'there is no command "zork"', "deferred --help"],
  [["--zork"], 'there is no option "--zork"', "deferred --help"],
  [["sign", "--zork"], "unknown option '--zork'", "deferred sign --help"],
  [["sign"], "sign needs a file", "deferred sign --help"],
  [["run", "a.rb", "b.rb"], '"b.rb" is one argument too many', "deferred run --help"],
  [
    ["run", "--nth", "-1", "a.html"],
    "option '--nth' needs a value; one that begins with a dash goes behind --NAME=",
    "deferred run --help",
  ],
  [["keys", "burn"], 'keys needs new, list or revoke, not "burn"', "deferred keys --help"],
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
