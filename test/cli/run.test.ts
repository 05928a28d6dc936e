import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { newKeyPair } from "../../blocks/keys.ts";
import { COMMAND_LINE, COMPILED, shareCompiled } from "../compiled.ts";
import { freePort } from "../free-port.ts";
import { deferred, startDeferred } from "./deferred.ts";

const folder = mkdtempSync(join(tmpdir(), "deferred-run-"));
const env = { DEFERRED_DATA: join(folder, "data"), DEFERRED_IDLE_S: "60" };
let server: ChildProcess;

beforeAll(async () => {
  shareCompiled(env.DEFERRED_DATA);
  server = spawn(process.execPath, [COMMAND_LINE, "serve", "--port", "0"], {
    env: { PATH: process.env["PATH"], ...COMPILED, DEFERRED_LOG: "error", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(server.stdout!, "data");
});

afterAll(async () => {
  server.kill("SIGTERM");
  const [code] = await once(server, "exit");
  rmSync(folder, { recursive: true });
  expect(code).toBe(0);
});

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

function run(...args: string[]) {
  return deferred(["run", ...args], { env, cwd: folder });
}

test("a program's output and exit status become the command's own", async () => {
  const program = file(
    "both.py",
    'import sys\nprint("out")\nprint("err", file=sys.stderr)\nsys.exit(3)\n',
  );
  const { code, stdout, stderr } = await run(program);
  expect({ code, stdout }).toEqual({ code: 3, stdout: "out\n" });
  expect(stderr).toMatch(/^err\nnote: Ended with exit status 3 after .*\.\n$/);
});

test("a program that succeeds adds nothing to standard error", async () => {
  expect(await run(file("ok.sh", "echo ok\n"))).toEqual({ code: 0, stdout: "ok\n", stderr: "" });
});

const COUNT = file("count.py", "import sys\nprint(sys.argv[1:], repr(sys.stdin.read()))\n");

test("words after -- are the program's arguments, and a file is its standard input", async () => {
  expect(await run(COUNT, "--", "--words", "a b", "")).toMatchObject({
    stdout: "['--words', 'a b', ''] ''\n",
  });
  file("text.txt", "één\ntwo\n");
  const launcher = join(import.meta.dirname, "../../cli/deferred.mjs");
  const line = `"$0" "$1" run ${COUNT} -- x <text.txt`;
  const { stdout } = await promisify(execFile)("bash", ["-c", line, process.execPath, launcher], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...env },
  });
  expect(stdout).toBe("['x'] 'één\\ntwo\\n'\n");
});

test("a pipe is passed on when it is asked for", async () => {
  const options = { env, cwd: folder, stdin: "piped" };
  expect((await deferred(["run", COUNT], options)).stdout).toBe("[] ''\n");
  expect((await deferred(["run", COUNT, "--stdin"], options)).stdout).toBe("[] 'piped'\n");
  const long = await deferred(["run", COUNT, "--stdin"], { ...options, stdin: "x".repeat(8193) });
  expect(long).toMatchObject({ code: 65, stdout: "" });
  expect(long.stderr).toContain("standard input has 8193 bytes; an input may have 8 KiB");
});

test("a page's block gets arguments and standard input where it declares them", async () => {
  const terms = ["--input", "first=text,as=arg", "--input", "n=integer,default=7,as=arg"];
  const signed = await deferred(["sign", COUNT, ...terms, "--input", "all=text,as=stdin"], {
    env,
    cwd: folder,
  });
  file("page.html", signed.stdout);
  const options = { env, cwd: folder, stdin: "text" };
  expect((await deferred(["run", "page.html", "--stdin", "--", "one"], options)).stdout).toBe(
    "['one', '7'] 'text'\n",
  );
  const many = await deferred(["run", "page.html", "--", "1", "2", "3"], options);
  expect(many).toMatchObject({ code: 2, stdout: "" });
  expect(many.stderr).toContain("the block takes 2 arguments, not 3");
});

test("the last expression is the result's value", async () => {
  file("last.py", "x = 20\n{'total': x + 1}\n");
  const signed = await deferred(["sign", "last.py", "--value", "last"], { env, cwd: folder });
  file("last.html", signed.stdout);
  const { stdout } = await run("last.html", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ state: "succeeded", value: { total: 21 } });
  const shell = await deferred(["sign", file("a.sh", "echo"), "--value", "last"], {
    env,
    cwd: folder,
  });
  expect(shell.stderr).toContain("--value last is for python and ruby");
});

test("an input reaches a plain file as text", async () => {
  const program = file("who.sh", 'echo "hello $INPUT_WHO"\n');
  expect(await run(program, "--input", "who=you there")).toMatchObject({
    stdout: "hello you there\n",
  });
});

test("artifacts are listed with their addresses", async () => {
  const { stderr } = await run(file("art.sh", "echo hi > artifacts/hi.txt\n"));
  const [, url] = /^note: artifact hi\.txt \(3 B\) (http\S+)$/m.exec(stderr)!;
  expect(await (await fetch(url!)).text()).toBe("hi\n");
});

test("--json prints the result alone, and verify holds it against its receipt", async () => {
  const { stdout, code } = await run(file("json.sh", "echo 42\n"), "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ state: "succeeded", stdout: "42\n" });
  file("result.json", stdout);
  const verified = await deferred(["verify", "result.json"], { env, cwd: folder });
  expect(verified.code).toBe(0);
});

test("--detach comes back at once with the run's addresses", async () => {
  const { stdout } = await run(file("later.sh", "echo later\n"), "--detach", "--json");
  const created = JSON.parse(stdout);
  expect(created).toHaveProperty("id");
  await vi.waitFor(async () => {
    const response = await fetch(created.result_url);
    expect(await response.json()).toMatchObject({ stdout: "later\n" });
  }, 50_000);
});

test("a program over its time ends with 124, its output kept", async () => {
  const program = file("long.sh", "echo begun\nsleep 60\n");
  const { code, stdout, stderr } = await run(program, "--limit", "wall_s=2");
  expect({ code, stdout }).toEqual({ code: 124, stdout: "begun\n" });
  expect(stderr).toContain("longer than its time limit");
});

test("Ctrl-C cancels the run", async () => {
  const program = file("endless.sh", "echo begun\nsleep 60\n");
  const options = { env, cwd: folder };
  const { child, ended, output } = startDeferred(["run", program], options);
  await vi.waitFor(() => expect(output()).toContain("begun"), 50_000);
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  expect(code).toBe(130);
  expect(stderr).toContain("The run was canceled.");
});

describe("a block of a page", () => {
  async function tag(name: string, source: string, ...options: string[]) {
    const args = ["sign", file(name, source), ...options];
    return (await deferred(args, { env, cwd: folder })).stdout;
  }

  test("runs from a file on disk", async () => {
    file("page.html", `<!doctype html>${await tag("p.py", "print('<page>')\n")}`);
    expect(await run("page.html")).toEqual({ code: 0, stdout: "<page>\n", stderr: "" });
  });

  test("is chosen by its number", async () => {
    file("two.html", (await tag("a.sh", "echo a\n")) + (await tag("b.sh", "echo b\n")));
    const { code, stderr } = await run("two.html");
    expect(code).toBe(2);
    expect(stderr).toContain("has 2 blocks: choose with --nth");
    expect(await run("two.html", "--nth", "2")).toMatchObject({ code: 0, stdout: "b\n" });
    const { stdout } = await run("two.html", "--list");
    expect(stdout).toBe("1  bash  local/demo  echo a\n2  bash  local/demo  echo b\n");
  });

  test("takes its declared inputs, with their types", async () => {
    const source = "import json\nprint(json.load(open('inputs.json')))\n";
    file("input.html", await tag("i.py", source, "--input", "n=integer,min=1,max=9,default=2"));
    expect(await run("input.html")).toMatchObject({ stdout: "{'n': 2}\n" });
    expect(await run("input.html", "--input", "n=7")).toMatchObject({ stdout: "{'n': 7}\n" });
    expect(await run("input.html", "--input", "n=77")).toMatchObject({ code: 65 });
    expect(await run("input.html", "--input", "m=7")).toMatchObject({ code: 2 });
  });

  test("sends its page's origin", async () => {
    let html = "";
    const site = createServer((_, response) => response.end(html)).listen(0, "127.0.0.1");
    onTestFinished(() => void site.close());
    await once(site, "listening");
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    html = await tag("o.sh", "echo at home\n", "--origin", url);
    expect(await run(`${url}/post`)).toMatchObject({ code: 0, stdout: "at home\n" });
    file("elsewhere.html", html);
    const refused = await run("elsewhere.html");
    expect(refused.code).toBe(65);
    expect(refused.stderr).toContain("code: origin_refused");
  });

  test("that is cached says how old its result is, and --fresh runs it again", async () => {
    file("cached.html", await tag("now.sh", "date +%s%N\n", "--cache", "1h"));
    const first = await run("cached.html");
    expect(first).toMatchObject({ code: 0, stderr: "" });
    const again = await run("cached.html");
    expect(again).toMatchObject({ code: 0, stdout: first.stdout });
    expect(again.stderr).toMatch(
      /^note: a stored result answers, made (\d+ s ago|just now); --fresh makes a new one\n$/,
    );
    const fresh = await run("cached.html", "--fresh");
    expect(fresh.stdout).not.toBe(first.stdout);
    expect(fresh.stderr).toMatch(/^note: until it has run, there is a result made .*: http\S+\n$/);
    expect(await run(file("plain.sh", "echo 1\n"), "--fresh")).toMatchObject({ code: 2 });
  });

  test("whose code was changed is refused", async () => {
    file("changed.html", (await tag("c.sh", "echo one\n")).replace("echo one", "echo two"));
    const { code, stdout, stderr } = await run("changed.html");
    expect({ code, stdout }).toEqual({ code: 65, stdout: "" });
    expect(stderr).toContain("not the code its author signed");
  });
});

test("no server at all is said at once", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const options = { env: { ...env, DEFERRED_URL: url }, cwd: folder };
  const { code, stderr } = await deferred(["run", file("x.sh", "echo x\n")], options);
  expect(code).toBe(69);
  expect(stderr).toMatch(/^error: no server answers at .*\nhint: /);
});

test("a block that was revoked is refused, one signed anew of the same code is not", async () => {
  const sign = async () =>
    (await deferred(["sign", file("r.sh", "echo r\n")], { env, cwd: folder })).stdout;
  file("old.html", await sign());
  const revoke = (...args: string[]) => deferred(["revoke", ...args], { env, cwd: folder });
  expect(await revoke("old.html")).toMatchObject({ code: 1 });
  expect(await run("old.html")).toMatchObject({ code: 0, stdout: "r\n" });

  expect(await revoke("old.html", "--yes")).toMatchObject({ code: 0 });
  const refused = await run("old.html");
  expect(refused.code).toBe(65);
  expect(refused.stderr).toContain("code: block_revoked");
  file("new.html", await sign());
  expect(await run("new.html")).toMatchObject({ code: 0, stdout: "r\n" });
});

describe("keys", () => {
  const keys = (...args: string[]) => deferred(["keys", ...args], { env, cwd: folder });

  test("a new one signs from then on, until it is revoked", async () => {
    const made = await keys("new", "--label", "laptop", "--alg", "ES256");
    expect(made.code).toBe(0);
    const kid = made.stdout.trim();
    const privateFile = join(env.DEFERRED_DATA, "keys/local/demo", `${kid}.json`);
    expect(statSync(privateFile).mode & 0o777).toBe(0o600);

    const listed = await keys("list");
    expect(listed.stdout).toMatch(new RegExp(`${kid} +ES256 .* valid +private key here +laptop`));
    const signArgs = ["sign", file("k.sh", "echo k\n"), "--key", kid];
    file("k.html", (await deferred(signArgs, { env, cwd: folder })).stdout);
    expect(await run("k.html")).toMatchObject({ code: 0, stdout: "k\n" });

    expect(await keys("revoke", kid)).toMatchObject({ code: 1 });
    expect(await keys("revoke", kid, "--yes")).toMatchObject({ code: 0 });
    expect(readdirSync(join(env.DEFERRED_DATA, "keys/local/demo"))).not.toContain(`${kid}.json`);
    const refused = await run("k.html");
    expect(refused.code).toBe(65);
    expect(refused.stderr).toContain("code: key_revoked");
  });

  test("answer in JSON what the API answers", async () => {
    const json = async (...args: string[]) => {
      const { code, stdout } = await deferred([...args, "--json"], { env, cwd: folder });
      expect(code).toBe(0);
      return JSON.parse(stdout) as unknown;
    };
    const made = (await json("keys", "new", "--label", "ci")) as { kid: string };
    expect(made).toMatchObject({ algorithm: "EdDSA", label: "ci", revoked_at: null });
    expect(await json("keys", "list")).toMatchObject({ keys: expect.arrayContaining([made]) });
    expect(await json("keys", "revoke", made.kid, "--yes")).toEqual({ revoked: [made.kid] });
    const signing = ["sign", file("j.sh", "echo j\n")];
    file("j.html", (await deferred(signing, { env, cwd: folder })).stdout);
    expect(await json("verify", "j.html")).toMatchObject({
      findings: [
        { facts: { project: "local/demo" }, checks: [{ name: "signature", holds: true }, {}] },
      ],
    });
    expect(await json("revoke", "j.html", "--yes")).toEqual({ revoked: [expect.any(String)] });
  });

  test("of a person are in the config folder, never in the folder that one stands in", async () => {
    const laptop = mkdtempSync(join(tmpdir(), "deferred-laptop-"));
    onTestFinished(() => rmSync(laptop, { recursive: true }));
    const { url } = JSON.parse(readFileSync(join(env.DEFERRED_DATA, "server.json"), "utf8"));
    const token = readFileSync(join(env.DEFERRED_DATA, "owner-token"), "utf8").trim();
    const own = { DEFERRED_URL: url, DEFERRED_TOKEN: token, XDG_CONFIG_HOME: join(laptop, "etc") };
    const call = (args: string[], stdin = "") => deferred(args, { env: own, cwd: laptop, stdin });
    const sign = (...args: string[]) => call(["sign", "-", "--runtime", "bash", ...args], "echo l");

    const kid = (await call(["keys", "new"])).stdout.trim();
    expect(readdirSync(laptop)).toEqual(["etc"]);
    const folder = join(own.XDG_CONFIG_HOME, "deferred/keys/local/demo");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, `${kid}.json`)).mode & 0o777).toBe(0o600);
    expect((await call(["keys", "list"])).stdout).toMatch(new RegExp(`${kid} .*private key here`));
    const signed = await sign();
    expect(signed.stderr).not.toContain("belongs in");
    const block = join(laptop, "block.html");
    writeFileSync(block, signed.stdout);
    expect(await call(["run", block])).toMatchObject({ code: 0, stdout: "l\n" });

    // The place of earlier versions.
    const old = join(laptop, "data/keys/local/demo");
    mkdirSync(old, { recursive: true });
    renameSync(join(folder, `${kid}.json`), join(old, `${kid}.json`));
    const found = await sign("--key", kid);
    expect(found).toMatchObject({ code: 0 });
    expect(found.stderr).toContain(`belongs in ${folder}: move it there\n`);
    expect(await call(["keys", "revoke", kid, "--yes"])).toMatchObject({ code: 0 });
    expect(readdirSync(old)).toEqual([]);
  });

  test("that were made elsewhere are added by their public part alone", async () => {
    const add = (jwk: unknown) =>
      deferred(["keys", "add", "-"], { env, cwd: folder, stdin: JSON.stringify(jwk) });
    for (const alg of ["EdDSA", "ES256"] as const) {
      const { kid, privateJwk, publicJwk } = await newKeyPair(alg);
      const refused = await add(privateJwk);
      expect(refused).toMatchObject({ code: 1, stdout: "" });
      expect(refused.stderr).toContain("standard input holds a private key: it was not sent");
      expect(refused.stderr).not.toContain(privateJwk.d);
      expect((await keys("list")).stdout).not.toContain(kid);

      expect(await add({ ...publicJwk, kid, alg, use: "sig" })).toMatchObject({
        code: 0,
        stdout: `${kid}\n`,
      });
      expect((await keys("list")).stdout).toMatch(new RegExp(`${kid} +${alg} .*valid\\s*\n`));
      expect((await add(publicJwk)).stderr).toContain("code: key_exists");
    }
  });

  test("of a project that has none are told apart from an answer that is empty", async () => {
    const other = { ...env, DEFERRED_PROJECT: "acme/new" };
    await deferred(["projects", "create", "acme/new"], { env });
    const { code, stdout, stderr } = await deferred(["keys", "list"], { env: other });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain("acme/new has no key: deferred keys new --project acme/new");
  });

  test("need the owner's token", async () => {
    const { url } = JSON.parse(readFileSync(join(env.DEFERRED_DATA, "server.json"), "utf8"));
    const stranger = { DEFERRED_DATA: join(folder, "stranger"), DEFERRED_URL: url };
    const { code, stderr } = await deferred(["keys", "list"], { env: stranger });
    expect(code).toBe(1);
    expect(stderr).toMatch(/holds no owner's token\nhint: /);
  });
});
