import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { createProgram } from "../../cli/program.ts";
import { deferred, temporaryFolder } from "../cli/deferred.ts";
import { COMPILED } from "../compiled.ts";
import { eventually } from "../eventually.ts";
import { needs } from "../needs.ts";
import { startWaiting } from "../systems/project.ts";

const has = (program: string) =>
  ["/usr/bin", "/bin"].some((folder) => existsSync(join(folder, program)));

/** What bash's script calls with the words of a line. */
const ask = (...words: string[]) => ["completion", "words", "bash", "--", ...words];
const FILES = "__FILE__:any:::0";

/** The script that the command prints for a shell, in a file of an empty folder. */
async function scriptOf(shell: string) {
  const folder = await temporaryFolder();
  const { code, stdout, stderr } = await deferred(["completion", shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const file = join(folder, `deferred.${shell}`);
  await writeFile(file, stdout);
  return { file, folder };
}

/** A shell at a terminal of its own, in which a person types. */
async function typing(command: string, folder: string, env: Record<string, string> = {}) {
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, TERM: "dumb", PS1: "ready> ", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    child.stdin.end("\x15exit\n");
    if (child.exitCode === null) await once(child, "close");
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  /**
   * Types, and waits until the shell shows what matches. `again`: what the server was not quick enough to
   * tell is asked for by one more tab, as a person would.
   */
  const type = async (keys: string, wanted: RegExp, again = false) => {
    said = "";
    child.stdin.write(keys);
    let askedAt = performance.now();
    await eventually(async () => {
      if (wanted.test(stripVTControlCharacters(said))) return true;
      if (again && performance.now() - askedAt > 3000) {
        child.stdin.write("\t");
        askedAt = performance.now();
      }
      return undefined;
    });
    return stripVTControlCharacters(said);
  };
  return type;
}

/** The command by its name, beside a server with one run, whose id is `run`. */
async function withServer(folder: string) {
  const { data, deferred: call } = await startWaiting();
  const { id } = JSON.parse((await call("exec", "--detach", "--json", "make all")).stdout);
  const launcher = join(import.meta.dirname, "../../cli/deferred.mjs");
  const command = `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`;
  await writeFile(join(folder, "deferred"), command, { mode: 0o755 });
  const env = { ...COMPILED, DEFERRED_DATA: data, PATH: `${folder}:${process.env["PATH"]}` };
  return { env, run: id as string };
}

describe("bash", needs(has("bash") && has("script"), "bash and script"), () => {
  test("completes what the server knows: names of projects, ids of runs", async () => {
    const { file, folder } = await scriptOf("bash");
    const { env, run } = await withServer(folder);
    const type = await typing("bash --norc --noprofile -i", folder, env);
    await type(`. ${file}; bind 'set bell-style none'; echo up\n`, /^up/m);
    await type("deferred exec --project ac\t", /acme\/app /, true);
    await type("\x15deferred projects show ac\t", /acme\/app /, true);
    await type(`\x15deferred logs -f ${run.slice(0, 4)}\t`, new RegExp(`${run} `), true);
    await type("\x15deferred cancel --he\t", /--help $/);
  });

  test("completes commands, their words, options and files at a real prompt", async () => {
    const { file, folder } = await scriptOf("bash");
    await writeFile(join(folder, "value-of-secret.txt"), "");
    const { env } = await withServer(folder);
    const type = await typing("bash --norc --noprofile -i", folder, env);
    await type(`. ${file}; bind 'set bell-style none'; echo up\n`, /^up/m);
    await type("deferred proj\t", /deferred projects $/);
    await type("sec\t", /secrets $/);
    const listed = await type("\t\t", /remove[^]*set/);
    expect(listed).toMatch(/--project/);
    await type("set NAME --fi\t", /--file $/);
    await type("val\t", /value-of-secret\.txt $/);
    await type("\x15deferred exec --his\t", /--history $/);
    await type("\x15deferred exec --file -- cat val\t", /value-of-secret\.txt $/);
    await type("\x15deferred projects set --no-net\t", /--no-network $/);
  });
});

test(
  "zsh completes commands, their words and options at a real prompt, and what the server knows",
  needs(has("zsh") && has("script"), "zsh and script"),
  async () => {
    const { file, folder } = await scriptOf("zsh");
    const { env, run } = await withServer(folder);
    const type = await typing("zsh -f -i", folder, env);
    await type(`autoload -Uz compinit; compinit -u; . ${file}; echo up\n`, /^up/m);
    // It corrects what it shows with backspaces, so each look is for what was added.
    await type("deferred proj\t", /projects/);
    await type("deli\t", /veries/);
    await type("rep\t", /lay/);
    await type("--proj\t", /ect/);
    await type("\x15deferred exec --project ac\t", /me\/app/, true);
    await type(`\x15deferred logs ${run.slice(0, 4)}\t`, new RegExp(run.slice(4)), true);
  },
);

test("fish completes the same, and says what it is", needs(has("fish"), "fish"), async () => {
  const { file, folder } = await scriptOf("fish");
  const { env: known, run } = await withServer(folder);
  const env = { HOME: folder, ...known };
  const offered = async (line: string) => {
    const command = `source ${file}; complete -C '${line}'`;
    const options = ["--no-config", "-c", command];
    const { stdout } = await promisify(execFile)("fish", options, { env });
    return stdout.split("\n");
  };
  const words = async (line: string) => (await offered(line)).map((each) => each.split("\t")[0]);
  expect(await words("deferred proj")).toContain("projects");
  expect(await words("deferred projects secrets ")).toContain("remove");
  expect(await words("deferred exec --his")).toContain("--history");
  await eventually(async () => {
    const projects = await offered("deferred ps --project ");
    return projects.includes("acme/app\thttp://127.0.0.1:1/app.git") || undefined;
  });
  await eventually(async () => (await words("deferred logs ")).includes(run) || undefined);
});

test("where the server can't be asked nothing is offered, nothing said, and nobody waits", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void silent.close());
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const nothing = { code: 0, stdout: "", stderr: "" };
  for (const url of [`http://127.0.0.1:${port}`, "http://127.0.0.1:1"]) {
    const env = { DEFERRED_URL: url, DEFERRED_TOKEN: "x".repeat(43) };
    expect(await deferred(ask("logs", ""), { env })).toEqual(nothing);
  }
  expect(await deferred(ask("ps", "--project", ""))).toEqual(nothing);
});

test("every option of every command is offered, from the same declarations as the help", async () => {
  const check = async (command: CommandUnknownOpts, words: string[]): Promise<void> => {
    const { stdout } = await deferred(ask(...words, "-"));
    for (const { long } of command.options) expect(stdout).toMatch(new RegExp(`^${long}$`, "m"));
    expect(stdout).toMatch(/^--help$/m);
    for (const next of command.commands) await check(next, [...words, next.name()]);
  };
  await check(await createProgram(), []);
});

test.each([
  [["projects", "sec"], ["secrets"]],
  [["projects", "secrets", "--project"], ["--project"]],
  [
    ["keys", "new", "--alg", ""],
    ["EdDSA", "ES256"],
  ],
  [["exec", "--fi"], ["--file"]],
  [["exec", "--detach", "--his"], ["--history"]],
  [["sign", "--limit", ""], []],
  [["sign", "a.rb", "--form"], ["--format"]],
  [
    ["sign", ""],
    ["site", FILES],
  ],
  [["sign", "site", ""], ["__FILE__:directory:::0"]],
  [["serve", "--data", ""], ["__FILE__:directory:::0"]],
  [["exec", "--file", "--", "cat", ""], [FILES]],
  [["exec", "--", "--pro"], [FILES]],
  [["zork", ""], []],
])("after %j comes %j", async (words, expected) => {
  const { code, stdout, stderr } = await deferred(ask(...words));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.split("\n").filter((line) => line !== "")).toEqual(expected);
});

test("a shell that is not known is a mistake that names those that are", async () => {
  const { code, stderr } = await deferred(["completion", "tcsh"]);
  expect(code).toBe(2);
  expect(stderr).toContain('completion knows bash, zsh and fish, not "tcsh"');
});
