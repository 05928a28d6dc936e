import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** The AWS command line as the script sees it: what it answers to each call, and all calls on record. */
const AWS = `#!/bin/sh
printf '%s\\n' "$*" | sed "s,$TMPDIR/[^/]*/,," >>"$PLAYED/calls"
case "$2" in
  describe-images) echo "\${IMAGE-ami-debian}" ;;
  run-instances)
    test -z "\${FULL-}" || { echo 'InsufficientInstanceCapacity' >&2; exit 254; }
    for given in "$@"; do
      case $given in file://*) cp "\${given#file://}" "$PLAYED/user-data" ;; esac
    done
    echo i-baking ;;
  wait) test -z "\${HANGS-}" || exit 255 ;;
  get-console-output)
    # What it said comes late.
    echo said >>"$PLAYED/asked"
    test "$(wc -l <"$PLAYED/asked")" -lt 3 && echo None || echo "\${SAID-Deferred Runner: ready to be an image}" ;;
  create-image) echo ami-baked ;;
esac
`;

async function play(env: Record<string, string> = {}, cut = Infinity) {
  const folder = mkdtempSync(join(tmpdir(), "deferred-bake-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries({ aws: AWS, sleep: "#!/bin/sh\n" })) {
    writeFileSync(join(folder, name), text, { mode: 0o755 });
  }
  const temporary = mkdtempSync(join(folder, "tmp-"));
  const printed = await output(process.execPath, ["cli/main.ts", "image", "bake"], {
    PATH: process.env["PATH"],
    DEFERRED_URL: "https://runner.example",
    AWS_REGION: "eu-west-1",
    DEFERRED_EC2_SUBNETS: "subnet-1",
    DEFERRED_EC2_SECURITY_GROUP: "sg-1",
  });
  expect(printed.code).toBe(0);
  const ran = await output(
    "sh",
    [],
    { PATH: `${folder}:/usr/bin:/bin`, PLAYED: folder, TMPDIR: temporary, ...env },
    printed.out.slice(0, cut),
  );
  const read = (name: string) => {
    try {
      return readFileSync(join(folder, name), "utf8");
    } catch {
      return "";
    }
  };
  const calls = read("calls").trim().split("\n").filter(Boolean);
  expect(readdirSync(temporary), "files left").toEqual([]);
  return {
    ...ran,
    script: printed.out,
    calls,
    done: calls.map((call) => call.split(" ")[1]),
    read,
  };
}

async function output(
  command: string,
  args: string[],
  env: Record<string, string | undefined>,
  input = "",
) {
  const child = spawn(command, args, { cwd: root, env });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.on("error", () => {}); // It may end before it has read all.
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
}

const ALL = [
  "describe-images",
  "run-instances",
  "wait",
  "get-console-output",
  "get-console-output",
  "get-console-output",
  "create-image",
  "wait",
  "terminate-instances",
];

test("image bake prints a script that makes an image and leaves no machine", async () => {
  const { code, err, out, done, calls, read } = await play();
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(done).toEqual(ALL);
  expect(out).toContain("made ami-baked");
  expect(calls[1]).toMatch(
    /--image-id ami-debian .*--security-group-ids sg-1 --subnet-id subnet-1/,
  );
  expect(calls[1]).toContain("--instance-initiated-shutdown-behavior stop");
  expect(calls[1]).toContain("HttpTokens=required");
  expect(read("user-data")).toMatch(/^#cloud-config\n[^]*deferred-bake\.service/);
});

test("a machine whose set-up failed makes no image, and its last words are shown", async () => {
  const said = "Deferred Runner: the set-up failed, and the machine powers off: no room";
  const { code, err, done } = await play({ SAID: said });
  expect(code).toBe(1);
  expect(err).toContain(said);
  expect(err).toContain("error: the set-up did not end well");
  expect(done).not.toContain("create-image");
  expect(done.at(-1)).toBe("terminate-instances");
});

test("where there is no image to begin with, or no machine to be had, nothing is left", async () => {
  const none = await play({ IMAGE: "None" });
  expect(none.code).toBe(1);
  expect(none.err).toContain("there is no image called debian-13-amd64-* in eu-west-1");
  expect(none.done).toEqual(["describe-images"]);
  const full = await play({ FULL: "1" });
  expect(full.code).not.toBe(0);
  expect(full.done).toEqual(["describe-images", "run-instances"]);
});

test("a machine that never stops is waited for twice, then terminated", async () => {
  const { code, err, done } = await play({ HANGS: "1" });
  expect(code).toBe(1);
  expect(err).toContain("i-baking does not come to an end");
  expect(done.slice(2)).toEqual(["wait", "wait", "terminate-instances"]);
});

test("a script that was cut off on its way does nothing", async () => {
  const { script } = await play();
  for (const share of [0.1, 0.5, 0.99]) {
    const { done } = await play({}, Math.floor(script.length * share));
    expect(done).toEqual([]);
  }
});
