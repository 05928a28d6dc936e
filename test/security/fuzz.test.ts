import { expect, test } from "vitest";
import { readServerSettings } from "../../server/main.ts";
import { SettingsError } from "../../server/settings/settings.ts";
import { dice } from "./fuzz/dice.ts";
import { fuzz } from "./fuzz/fuzz.ts";
import { mutated, ODD_STRINGS } from "./fuzz/values.ts";
import { CommandRefusal } from "../../responder/project-file/refusal.ts";
import { parseProjectFile } from "../../responder/project-file/parse.ts";
import { cpuTimeOf } from "../cpu-time.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? 1500);
/** Memory is compared from this many on: before, caches and the allocator still fill. */
const MANY = 50_000;
const MAX_GROWTH = 32 * 2 ** 20;

test(
  "random requests to every operation, hook and page get an answer, and none a fault",
  { timeout: 60_000 + 20 * REQUESTS },
  async () => {
    const parts = REQUESTS < MANY ? 1 : 5;
    const { statuses, asked, faults, hung, logged, memory } = await fuzz(REQUESTS, SEED, parts);
    expect({ faults, hung, logged }).toEqual({ faults: [], hung: [], logged: [] });
    // It got past the doors: what is right was taken, and much was refused for its content.
    for (const status of [200, 201, 202, 204, 400, 401, 404, 405, 409, 422]) {
      expect(statuses[status] ?? 0, String(status)).toBeGreaterThan(0);
    }
    for (const of of ["bytes", "a page", "a github hook", "POST /v1/runs", "PUT /v1/uploads/{key}"])
      expect(asked[of] ?? 0, of).toBeGreaterThan(0);
    // The first two fifths fill SQLite's pages, compiled code and the allocator's own.
    const [, early, ...later] = memory.map(({ rss }) => rss);
    for (const rss of later) expect(rss).toBeLessThan(early! + MAX_GROWTH);
  },
);

test("a project's file is read or refused by name, whatever is in it", () => {
  const right = `
services: [postgresql]
runtimes: [python@3.11]
env: { A: "1", B: two }
secrets: [TOKEN]
caches: [{ path: node_modules, key: package-lock.json }]
artifacts: ["coverage/**"]
timeout: 10m
branches: [main, "release/*"]
schedule: "0 4 * * *"
serve: { command: node app.js, port: 3000 }
network: false
history: 50
commands:
  - npm test
  - name: build
    run: |
      make
      make install
`;
  const d = dice(SEED);
  let refused = 0;
  for (let time = 0; time < 600; time++) {
    const text = mutated(Buffer.from(right), d).toString(d.pick(["utf8", "latin1"]));
    try {
      parseProjectFile(text);
    } catch (error) {
      expect(error, JSON.stringify(text)).toBeInstanceOf(CommandRefusal);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(50);
});

test("nor does a file without measure keep a machine busy", () => {
  const laughs = Array.from("bcdefghi", (name, index) => {
    const one = `*${"abcdefgh"[index]}`;
    return `${name}: &${name} [${Array(9).fill(one).join(", ")}]`;
  });
  const endless = [
    `a: &a [x, x, x]\n${laughs.join("\n")}\ncommands: *i\n`,
    `commands: ${"[".repeat(20_000)}`,
    `commands:\n  ${"- ".repeat(20_000)}x\n`,
    "commands: &a [*a]\n",
    "env: &a { A: *a }\ncommands: x\n",
    "__proto__: { commands: x }\n",
    `commands: ${"x".repeat(70_000)}`,
  ];
  const took = cpuTimeOf(() => {
    for (const text of endless) {
      expect(() => parseProjectFile(text), text.slice(0, 40)).toThrow(CommandRefusal);
    }
  });
  expect(took).toBeLessThan(10_000);
});

test("settings of any kind are read or refused by their names", () => {
  const d = dice(SEED);
  const values = ["ec2", "s3", "1", "https://x.example", "0.5", "smtp://a:b@c", ...ODD_STRINGS];
  let read = 0;
  for (let time = 0; time < 500; time++) {
    const share = d.pick([0.01, 0.05, 0.5]);
    const env = new Proxy<Record<string, string | undefined>>(
      {},
      { get: () => (d.chance(share) ? d.pick(values) : undefined) },
    );
    try {
      readServerSettings(env);
      read++;
    } catch (error) {
      expect(error).toBeInstanceOf(SettingsError);
    }
  }
  expect(read).toBeGreaterThan(20);
});
