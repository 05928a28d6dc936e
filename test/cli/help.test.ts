import { readFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../cli/commands.ts";
import { deferred } from "./deferred.ts";

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

test("no command at all is a mistake that shows the help", async () => {
  const { code, stdout, stderr } = await deferred([]);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("Usage: deferred COMMAND");
});

describe("the help of each command", () => {
  test.each(ROOT.commands.map(({ name }) => name))(
    "%s has a usage line and examples",
    async (name) => {
      const { code, stdout } = await deferred([name, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: deferred ${name}`);
      expect(stdout).toMatch(/Examples:\n {2}deferred/);
    },
  );
});

test.each([
  [["zork"], 'there is no command "zork"', "deferred --help"],
  [["--zork"], 'there is no option "--zork"', "deferred --help"],
  [["sign", "--zork"], "unknown option '--zork'", "deferred sign --help"],
  [["sign"], "sign needs a file", "deferred sign --help"],
  [["run", "a.rb", "b.rb"], '"b.rb" is one argument too many', "deferred run --help"],
  [["keys", "burn"], "keys needs new, list or revoke", "deferred keys --help"],
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
