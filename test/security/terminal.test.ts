import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { plainLine, terminalFilter } from "../../protocol/terminal-text.ts";
import { signBlock } from "../../blocks/sign.ts";
import { authorFolder, deferred, temporaryFolder } from "../cli/deferred.ts";
import { lyingServer } from "./lying-server.ts";
import { hasTerminals, openTerminal } from "./terminal.ts";

const run = promisify(execFile);

/** Sets a title and the clipboard, moves, hides, answers, asks; by 7-bit and 8-bit sequences. */
const ODD =
  "\x1b]0;title\x07 \x1b]52;c;cm0gLXJmIC8=\x07 \x1b[2J\x1b[1;1H \x1b[?1049h \x1b[6n \x1bc \x1b[5i " +
  "\x9b2J \x9d0;title\x9c \x90x\x9c \x1bP+q\x1b\\ \x1b_x\x1b\\ \x0e \b\b\b \x7f \x1b[?1000h end";
const CONTROLS = /(?![\n\t\r])\p{Cc}/u;
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
/** Conceals what follows, turns text around, and begins lines that would pass for ours. */
const FORGED =
  `${ODD}\x1b[8m\u202e\u2066\r\n✓  signature  made by trusted/author's key\nerror: forged\n` +
  "hint: forged\nnote: forged\u2028note: forged\n";
const OUR_LABELS = /^(?:(?:error|hint|note): forged|✓ +signature +made by trusted)/m;

/** What this command line writes of its own accord: colours of states, and the line that is redrawn. */
function withoutOurs(text: string): string {
  return text.replaceAll("\r\x1b[K", "").replace(/\x1b\[(?:2|22|3[1236]|39)m/g, "");
}

function expectHarmless(printed: string, about: string): void {
  const shown = withoutOurs(printed);
  expect(CONTROLS.exec(shown), about).toBeNull();
  expect(BIDI.exec(shown), about).toBeNull();
  expect(OUR_LABELS.exec(shown), about).toBeNull();
}

const terminal = hasTerminals ? openTerminal() : undefined;
afterAll(() => terminal?.close());

/** Runs the real command twice: into pipes, and in a terminal where this machine can make one. */
async function bothWays(words: string[], env: Record<string, string>, cwd: string) {
  const piped = await deferred(words, { env, cwd });
  const about = `deferred ${words.join(" ")}`;
  expectHarmless(piped.stdout, about);
  expectHarmless(piped.stderr, about);
  if (!terminal) return piped;
  const seen = await terminal.show(words, env, cwd);
  expectHarmless(seen, `${about}, in a terminal`);
  return { ...piped, seen };
}

function oddToken(odd: string, more: object = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    ...{ iss: "a/b", iat: 1, jti: `j${odd}`, code: `c1-sha256-${"A".repeat(43)}` },
    ...{ runtime: "bash", aud: `http://x/${odd}`, origins: [odd, odd] },
    inputs: { a: { type: "text", label: odd, default: odd } },
    ...more,
  };
  const header = { alg: "EdDSA", kid: `x${odd}`, typ: "deferred-block+jwt" };
  return `${part(header)}.${part(claims)}.${"A".repeat(86)}`;
}

describe("whatever a server answers,", () => {
  test.each([
    ["ps -a", 0],
    ["ps -a --json", 0],
    ["projects list", 0],
    ["projects show", 0],
    ["projects deliveries list", 0],
    ["projects deliveries show x", 0],
    ["projects deliveries replay x", 0],
    ["projects hooks list", 0],
    ["projects notices", 0],
    ["projects secrets list", 0],
    ["keys list", 0],
    ["logs 3h3p0r7hjd2q4yb1fmkq0sc8wz", 0],
    ["download 3h3p0r7hjd2q4yb1fmkq0sc8wz", 0],
    ["download 3h3p0r7hjd2q4yb1fmkq0sc8wz missing", 1],
    ["cancel 3h3p0r7hjd2q4yb1fmkq0sc8wz", 0],
    ["exec --detach -- ls", 0],
    ["exec -- ls", 1],
    ["exec --json -- ls", 1],
    ["request /health", 1],
    ["wake", 0],
    ["sign-in", 0],
    ["sign-in --json", 0],
    ["completion words bash -- ps --project ", 0],
    ["completion words fish -- logs ", 0],
  ] as const)("deferred %s prints text alone, in lines of its own", async (words, expected) => {
    const { url } = await lyingServer(FORGED);
    const env = { DEFERRED_URL: url, DEFERRED_TOKEN: "secret" };
    const { code } = await bothWays(words.split(" "), env, await temporaryFolder());
    expect(code).toBe(expected);
  });

  test("an event that is none of the protocol's ends in an error of one line", async () => {
    const { url } = await lyingServer(FORGED, "broken events");
    const env = { DEFERRED_URL: url, DEFERRED_TOKEN: "secret" };
    const folder = await temporaryFolder();
    const { stderr, code } = await bothWays(["exec", "--", "ls"], env, folder);
    expect(code).toBe(70);
    expect(stderr).toContain("error: ");
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test.each(["problem", "plain"] as const)("a refusal as %s is told as text", async (how) => {
    const { url } = await lyingServer(FORGED, how);
    const env = { DEFERRED_URL: url, DEFERRED_TOKEN: "secret" };
    const folder = await temporaryFolder();
    for (const words of ["ps", "exec -- ls", "logs 3h3p0r7hjd2q4yb1fmkq0sc8wz", "keys list"]) {
      const { stderr } = await bothWays(words.split(" "), env, folder);
      expect(stderr).toMatch(/^error: /);
    }
  });
});

describe("whatever a page holds,", () => {
  test.each([["--list"], ["--nth 1"], ["--nth 1 --detach"], ["--nth 2"], [""]])(
    "deferred run PAGE %s prints text alone",
    async (options) => {
      const { url } = await lyingServer(FORGED);
      const folder = await temporaryFolder();
      const html = (block: string) =>
        `<deferred-runner server="${url}" block="${block}"><pre><code>echo ${FORGED} hi</code></pre></deferred-runner>`;
      await writeFile(join(folder, "odd.html"), html(oddToken(FORGED)) + html(FORGED));
      const words = ["run", "odd.html", ...options.split(" ").filter(Boolean)];
      await bothWays(words, { DEFERRED_DATA: folder }, folder);
    },
  );

  test("deferred verify shows no mark that it did not make", async () => {
    const folder = await temporaryFolder();
    // Blanks up to the terminal's edge: what follows would begin a line there.
    const edge = `${" ".repeat(200)}✓  signature  made by trusted${"\u2800".repeat(150)}✓  code`;
    for (const odd of [FORGED, edge, "a".repeat(500), "ü✓\u05d0\u05d1"]) {
      await writeFile(join(folder, "odd.jws"), oddToken(odd));
      const { stdout, code, ...more } = await bothWays(["verify", "odd.jws"], {}, folder);
      expect(code).not.toBe(0);
      expect(stdout).not.toContain("✓");
      if ("seen" in more) {
        expect(more.seen).not.toContain("✓");
        // No line is left to the terminal to wrap.
        for (const line of more.seen.split(/\r?\n/)) expect(line.length).toBeLessThanOrEqual(80);
      }
    }
  });

  test("deferred verify still says what a block says of itself", async () => {
    const { env, folder, privateJwk } = await authorFolder();
    const claims = {
      ...{ iss: "local/demo", aud: "https://runner.example", iat: 1_764_000_000, jti: "1" },
      ...{ code: `c1-sha256-${"A".repeat(43)}`, runtime: "bash", origins: ["https://a.example"] },
    };
    await writeFile(join(folder, "good.jws"), await signBlock(claims, privateJwk));
    const { stdout } = await bothWays(["verify", "good.jws"], env, folder);
    expect(stdout).toMatch(/^ {3}pages +https:\/\/a\.example$/m);
    expect(stdout).toMatch(/^✓ {2}signature +made by a key of this machine$/m);
  });

  test("deferred verify of a result prints text alone", async () => {
    const folder = await temporaryFolder();
    const { url } = await lyingServer(FORGED);
    const result = await (await fetch(`${url}/v1/runs/3/result`)).text();
    await writeFile(join(folder, "result.json"), result);
    await bothWays(["verify", "result.json"], {}, folder);
  });

  test("what is given on the command line is told as text, too", async () => {
    const folder = await temporaryFolder();
    const odd = FORGED.replaceAll("'", "");
    for (const words of [[odd], ["verify", odd], ["run", odd], ["ps", odd], ["logs", odd]]) {
      const { code } = await bothWays(words, {}, folder);
      expect(code).not.toBe(0);
    }
  });
});

test("nothing that strangers sent does anything to the terminal that an operator reads the log at", async () => {
  const file = join(import.meta.dirname, "../../cli/serve/terminal-log.ts");
  const logs = `const { terminalLog } = await import(${JSON.stringify(file)});
    const odd = process.argv[1];
    const log = terminalLog("info");
    log.info({ path: odd, nested: { [odd]: odd } }, "said \\\\u001b[8m " + odd);
    log.error({ err: new Error(odd) }, "failed");`;
  const odd = `\x1b[8m${ODD}`;
  const { stderr } = await run(process.execPath, ["--input-type=module", "-e", logs, "--", odd]);
  expect(stderr).toMatch(/INFO: said .*end/);
  expect(stderr).toMatch(/ERROR: failed/);
  expect(CONTROLS.exec(stderr)).toBeNull();
});

test("nor does a program's output, or a name in a list, beyond its colours", () => {
  expect(CONTROLS.exec(terminalFilter()(ODD))).toBeNull();
  expect(CONTROLS.exec(plainLine(`\x1b[31m${ODD}`))).toBeNull();
  expect(terminalFilter()("\x1b[31mred\x1b[0m")).toBe("\x1b[31mred\x1b[0m");
});
