import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RuntimeName } from "../../../protocol/runtimes.ts";
import { bubblewrap } from "../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { trials } from "./trial.ts";

let t: Awaited<ReturnType<typeof trials>>;
beforeAll(async () => {
  t = await trials(bubblewrap);
});
afterAll(() => t.close());

test.each<[RuntimeName, string]>([
  [
    "python",
    "import sys, os, json\nprint(json.dumps([sys.argv[1:], sys.stdin.read(), sys.stdin.read(), sorted(k for k in os.environ if 'INPUT' in k), sorted(os.listdir())]))",
  ],
  [
    "node",
    "const fs = require('fs'); const text = fs.readFileSync(0, 'utf8'); console.log(JSON.stringify([process.argv.slice(2), text, fs.readFileSync(0, 'utf8').slice(text.length), Object.keys(process.env).filter((k) => k.includes('INPUT')), fs.readdirSync('.').sort()]))",
  ],
  [
    "ruby",
    "require 'json'; args = ARGV.dup; ARGV.clear; puts JSON.generate([args, $stdin.read, STDIN.read, ENV.keys.grep(/INPUT/), Dir.children('.').sort])",
  ],
  [
    "bash",
    "args=(\"$@\"); text=$(cat; printf .); python3 - \"${text%.}\" \"${args[@]}\" <<'END'\nimport json, os, sys\nprint(json.dumps([sys.argv[2:], sys.argv[1], '', [k for k in os.environ if 'INPUT' in k], sorted(os.listdir())]))\nEND",
  ],
])(
  "%s gets inputs as arguments, in order, and as standard input up to its end",
  async (runtime, code) => {
    const { stdout, stderr } = await t.run(runtime, code, {
      inputs: { text: "één\n two \n\n", second: "", first: "a b'\"$x", count: 3 },
      passed_as: { text: "stdin", second: "arg", first: "arg" },
    });
    expect(stderr).toBe("");
    const [args, text, rest, variables, files] = JSON.parse(stdout) as unknown[];
    expect([args, text, rest, variables]).toEqual([
      ["", "a b'\"$x"],
      "één\n two \n\n",
      "",
      ["INPUT_COUNT"],
    ]);
    expect(files).toEqual(["artifacts", "inputs.json", expect.stringMatching(/^main\./)]);
  },
);

test.each<[RuntimeName, string]>([
  [
    "python",
    "import hashlib, os\nfor path in ['a b.bin', 'in/of/c.bin', 'empty', 'small']:\n    print(hashlib.sha256(open(path, 'rb').read()).hexdigest())\nprint(os.environ['INPUT_N'])",
  ],
  [
    "node",
    "const { createHash } = require('crypto'); for (const path of ['a b.bin', 'in/of/c.bin', 'empty', 'small']) console.log(createHash('sha256').update(require('fs').readFileSync(path)).digest('hex')); console.log(process.env.INPUT_N)",
  ],
  [
    "ruby",
    "require 'digest'; ['a b.bin', 'in/of/c.bin', 'empty', 'small'].each { |path| puts Digest::SHA256.file(path).hexdigest }; puts ENV['INPUT_N']",
  ],
  [
    "bash",
    "for path in 'a b.bin' in/of/c.bin empty small; do sha256sum <\"$path\" | cut -d' ' -f1; done; echo $INPUT_N",
  ],
])("%s finds files that were placed before it, byte for byte", async (runtime, code) => {
  const bytes = Buffer.from(Array.from({ length: 300_001 }, (_, index) => (index * 7919) & 255));
  const placed = {
    "a b.bin": bytes,
    "in/of/c.bin": Buffer.from("\n\n1 x\n\0"),
    empty: Buffer.alloc(0),
  };
  const small = Buffer.from("small");
  const { stdout, stderr } = await t.run(runtime, code, {
    inputs: { n: 3 },
    files: { small: small.toString("base64") },
    placed,
  });
  expect(stderr).toBe("");
  const digests = [...Object.values(placed), small].map((one) =>
    createHash("sha256").update(one).digest("hex"),
  );
  expect(stdout.trim().split("\n")).toEqual([...digests, "3"]);
});

test.each<[RuntimeName, string, unknown]>([
  ["python", "x = 2\nx * 21\n", "42"],
  [
    "python",
    '"""docs"""\nfrom __future__ import annotations\nfrom __future__ import division\n{"a": [__doc__, __name__]}\n',
    '{"a": ["docs", "__main__"]}',
  ],
  ["python", '"""only docs"""', '"only docs"'],
  ["python", "print('no expression')\nx = 1\n", undefined],
  ["python", "(\n  open('main.py').read()\n)", JSON.stringify("(\n  open('main.py').read()\n)")],
  ["python", "import os\nos.chdir('/tmp')\nobject\n", "\"<class 'object'>\""],
  ["ruby", "x = [1, nil]\n{ a: x }\n", '{"a":[1,null]}'],
  ["ruby", "Dir.chdir('/')\n'last'\n__END__\n1", '"last"'],
])("the last expression of %s is its value: %j", async (runtime, code, value) => {
  const { ending, stderr, collected } = await t.run(runtime, code, { value: "last" });
  expect({ stderr, exit: ending.exitCode }).toEqual({ stderr: "", exit: 0 });
  expect(collected.value).toEqual(value === undefined ? {} : { value });
});

test("a value that is no JSON is told", async () => {
  for (const [runtime, code] of [
    ["python", "x = []\nx.append(x)\nx"],
    ["ruby", "Float::NAN"],
  ] as const) {
    const { ending, collected } = await t.run(runtime, code, { value: "last" });
    expect(ending.exitCode).toBe(0);
    expect(collected.value.value_problem).toContain("value.json is not JSON");
  }
});

test("an error in the last expression is at its own line and column", async () => {
  const code = "import sys\ndef f(): return 1 / 0\nprint('out')\n1 + f()\n";
  const plain = await t.run("python", code);
  const { stdout, stderr, ending, collected } = await t.run("python", code, { value: "last" });
  expect({ stdout, exit: ending.exitCode, ...collected.value }).toEqual({
    stdout: "out\n",
    exit: 1,
  });
  const withoutFolder = (text: string) => text.replaceAll(/File ".*\/main/g, 'File "main');
  expect(withoutFolder(stderr)).toBe(withoutFolder(plain.stderr));
  const wrong = await t.run("python", "print(1)\n1 +\n", { value: "last" });
  expect(wrong.stderr).toMatch(/main\.py", line 2\n {4}1 \+\n.*\nSyntaxError/);
});

test.each<[RuntimeName, string]>([
  [
    "python",
    "import os\nfor path in ['a b.bin', 'one/two/c.txt', 'empty']: print(open(path, 'rb').read().hex(), os.access(path, os.W_OK))",
  ],
  [
    "node",
    "const fs = require('fs'); for (const path of ['a b.bin', 'one/two/c.txt', 'empty']) { fs.accessSync(path, fs.constants.W_OK); console.log(fs.readFileSync(path, 'hex'), 'True'); }",
  ],
  [
    "ruby",
    "['a b.bin', 'one/two/c.txt', 'empty'].each { |path| puts \"#{File.binread(path).unpack1('H*')} #{File.writable?(path) ? 'True' : 'False'}\" }",
  ],
  [
    "bash",
    "for path in 'a b.bin' one/two/c.txt empty; do [[ -w $path ]] && echo \"$(od -An -v -tx1 <\"$path\" | tr -d ' \\n') True\"; done",
  ],
])("%s finds its files, which it may change", async (runtime, code) => {
  const bytes = Buffer.from(Array.from({ length: 600 }, (_, index) => index % 256));
  const { stdout, stderr } = await t.run(runtime, code, {
    files: {
      "a b.bin": bytes.toString("base64"),
      "one/two/c.txt": Buffer.from("hi\n").toString("base64"),
      empty: "",
    },
  });
  expect({ stdout, stderr }).toEqual({
    stdout: `${bytes.toString("hex")} True\n68690a True\n True\n`,
    stderr: "",
  });
});
