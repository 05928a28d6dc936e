import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { plainText } from "../../cli/plain-text.ts";
import { terminalFilter } from "../../cli/run/terminal-text.ts";

const run = promisify(execFile);

/** Sets a title and the clipboard, moves, hides, answers, asks; by 7-bit and 8-bit sequences. */
const ODD =
  "\x1b]0;title\x07 \x1b]52;c;cm0gLXJmIC8=\x07 \x1b[2J\x1b[1;1H \x1b[?1049h \x1b[6n \x1bc \x1b[5i " +
  "\x9b2J \x9d0;title\x9c \x90x\x9c \x1bP+q\x1b\\ \x1b_x\x1b\\ \x0e \b\b\b \x7f \x1b[?1000h end";
const CONTROLS = /(?![\n\t\r])\p{Cc}/u;

test("nothing that strangers sent does anything to the terminal that an operator reads the log at", async () => {
  const file = join(import.meta.dirname, "../../cli/serve-log.ts");
  const logs = `const { terminalLog } = await import(${JSON.stringify(file)});
    const odd = process.argv[1];
    const log = terminalLog("info");
    log.info({ path: odd, nested: { [odd]: odd } }, "said " + odd);
    log.error({ err: new Error(odd) }, "failed");`;
  const { stderr } = await run(process.execPath, ["--input-type=module", "-e", logs, "--", ODD]);
  expect(stderr).toMatch(/INFO: said .*end/);
  expect(stderr).toMatch(/ERROR: failed/);
  expect(CONTROLS.exec(stderr)).toBeNull();
});

test("nor does a program's output, or a name in a list, beyond its colours", () => {
  expect(CONTROLS.exec(terminalFilter()(ODD))).toBeNull();
  expect(CONTROLS.exec(plainText(`\x1b[31m${ODD}`))).toBeNull();
  expect(terminalFilter()("\x1b[31mred\x1b[0m")).toBe("\x1b[31mred\x1b[0m");
});
