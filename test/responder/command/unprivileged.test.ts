import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { SERVICES } from "../../../responder/services/start.ts";
import { needs } from "../../needs.ts";
import type { Report } from "./run-as-nobody.ts";

const NOBODY = 65_534;
const root = join(import.meta.dirname, "../../..");
const run = promisify(execFile);
const as = { uid: NOBODY, gid: NOBODY, env: { PATH: "/usr/bin:/bin" }, cwd: "/" };

/** Somebody else has to be able to read the checkout. */
async function isOpen(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  return run(process.execPath, [join(root, "setup/root.mjs")], as).then(
    () => true,
    () => false,
  );
}

test(
  "a responder that is nobody runs commands with services, as a user of their own",
  needs(
    (await isOpen()) && SERVICES.postgresql.find() !== undefined,
    "root, PostgreSQL, and a checkout that everybody may read",
  ),
  async () => {
    const file = {
      services: ["postgresql"],
      commands: [
        "id -un; git log --format=%s",
        "psql -Atc 'select 1'; mkdir -p artifacts a/b; echo x >artifacts/x; chmod 0 a",
      ],
    };
    const script = join(import.meta.dirname, "run-as-nobody.ts");
    const files = JSON.stringify({ ".deferred-server": JSON.stringify(file) });
    const { stdout } = await run(process.execPath, [script, files], as);
    const trials = JSON.parse(stdout) as Report;
    for (const trial of trials) {
      expect(trial).toMatchObject({
        stdout: "runner\nA change\n1\n",
        stderr: "",
        executed: { cause: "exited", exitCode: 0 },
        artifacts: { x: "x\n" },
      });
    }
    expect(trials).toHaveLength(2);
  },
);
