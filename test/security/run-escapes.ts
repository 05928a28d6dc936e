import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bubblewrap } from "../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { commandTrials } from "../responder/command/trial.ts";
import { trials } from "../responder/sandbox/trial.ts";
import { BOMBS } from "./bombs.ts";
import { TREE_ESCAPE, tryTreeEscape } from "./tree-escape.ts";
import { ESCAPES, outcomesOf, programOf, type HostFacts } from "./escapes.ts";

/** What each attempt got hold of, by its name; null: nothing. */
type Outcomes = Record<string, unknown>;
export interface EscapesReport {
  features: string[];
  blocks: Outcomes;
  commands: Outcomes;
  /** Those that work there, tried without a sandbox. */
  outside: Outcomes;
}

// Tries to get out of the sandboxes of a responder that this process is: a test starts it as root and as
// nobody.

/** What a busy machine takes for all of them. */
const PATIENT = { wall_s: 120, cpu_s: 120 };

const marker = process.env["ESCAPE_MARKER"]!;
const folder = mkdtempSync(join(tmpdir(), "deferred-escapes-"));
chmodSync(folder, 0o777);
const file = join(folder, "secret");
writeFileSync(file, "the token", { mode: 0o644 });
const listening = createServer((socket) => socket.destroy());
const hidden = createServer((socket) => socket.destroy());
const abstract = `deferred-escapes-${process.pid}`;
await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
await new Promise<void>((resolve) => hidden.listen(`\0${abstract}`, resolve));
const { port } = listening.address() as AddressInfo;
const facts: HostFacts = { pid: process.pid, marker, port, abstract, file, folder };
const program = programOf(ESCAPES, facts);

const b = await trials(bubblewrap);
const inBlock = await b.run("python", program, { limits: PATIENT });
const blocks = outcomesOf(inBlock.stdout);
for (const { name, limits, python, got } of BOMBS) {
  blocks[name] = got(await b.run("python", python, { limits }));
}
await b.close();

const c = await commandTrials(bubblewrap);
const files = {
  "try.py": program,
  ".deferred-server": "commands: python3 try.py\nnetwork: false\n",
};
const { url } = await c.repository(files);
const inCommand = await c.run(url, { limits: PATIENT });
const commands = outcomesOf(inCommand.stdout);
for (const { name, limits, python, got } of BOMBS) {
  const command = await c.repository({
    "try.py": python,
    ".deferred-server": "commands: python3 try.py\n",
  });
  const { executed, stdout, stderr } = await c.run(command.url, { limits });
  commands[name] = got({ ending: executed, stdout, stderr });
}
commands[TREE_ESCAPE.name] = await tryTreeEscape(c, folder);
// A block has no repository.
blocks[TREE_ESCAPE.name] = null;
await c.close();

const real = programOf(
  ESCAPES.filter(({ worksOutside }) => worksOutside),
  facts,
);
const outside = await new Promise<string>((resolve, reject) => {
  execFile("python3", ["-c", real], (error, stdout) => (error ? reject(error) : resolve(stdout)));
});

listening.close();
hidden.close();
rmSync(folder, { recursive: true });
const report: EscapesReport = {
  features: b.features,
  blocks,
  commands,
  outside: outcomesOf(outside),
};
process.stdout.write(JSON.stringify(report));
