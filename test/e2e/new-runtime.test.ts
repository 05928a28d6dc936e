import { spawnSync } from "node:child_process";
import { appendFile, cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { COMPILED } from "../compiled.ts";
import { startServing, type Served } from "../systems/process.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The product's sources in a folder where they can be changed. */
async function copyOfTree(): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), "deferred-tree-"));
  onTestFinished(() => rm(tree, { recursive: true }));
  const copied = ["protocol", "blocks", "server", "responder", "cli", "examples", "package.json"];
  for (const name of copied) await cp(join(ROOT, name), join(tree, name), { recursive: true });
  for (const name of ["node_modules", "dist"]) await symlink(join(ROOT, name), join(tree, name));
  return tree;
}

function deferred(tree: string, { data }: Served, ...args: string[]) {
  const env = { PATH: process.env["PATH"], ...COMPILED, DEFERRED_DATA: data };
  return spawnSync(process.execPath, [join(tree, "cli/main.ts"), ...args], {
    env,
    encoding: "utf8",
  });
}

// docs/architecture.md says so of a new runtime.
test("a file of facts and a line that names it make a runtime: signed, shown and run in a sandbox", async () => {
  const tree = await copyOfTree();
  await writeFile(
    join(tree, "protocol/runtimes/perl.ts"),
    `import type { RuntimeFacts } from "./runtime.ts";

export const perl: RuntimeFacts = {
  file: "main.pl",
  start: '"$1" -c main.pl 2>/dev/null && exec "$1" main.pl',
  extensions: [".pl"],
  shebangs: ["perl"],
  places: ["/usr/bin/perl"],
  version: { args: ["-e", "print $^V"], pattern: /^v(.+)/ },
  packages: ["perl"],
  highlight: { name: "perl", comment: "#", keywords: "my|print|for" },
};
`,
  );
  await appendFile(join(tree, "protocol/runtimes/all.ts"), 'export { perl } from "./perl.ts";\n');
  const served = await startServing({}, join(tree, "cli/main.ts"));
  onTestFinished(served.clear);

  const program = join(tree, "answer.pl");
  await writeFile(
    program,
    'my $n = $ENV{INPUT_N}; # A comment\nprint 6 * $n, "\\n"; print STDERR "$0\\n";\nexit 3;\n',
  );
  const signed = deferred(tree, served, "sign", program);
  expect(signed.stdout).toContain('class="language-perl"');
  const ran = deferred(tree, served, "run", program, "--input", "n=7");
  expect(ran).toMatchObject({ status: 3, stdout: "42\n" });
  expect(ran.stderr).toContain("main.pl\n");

  const { runtimes } = (await (await fetch(`${served.url}/v1/runtimes`)).json()) as {
    runtimes: { name: string; version: string }[];
  };
  expect(runtimes).toContainEqual({ name: "perl", version: expect.stringMatching(/^5\./) });
  const guess = deferred(tree, served, "sign", join(ROOT, "README.md"), "--runtime", "pearl");
  expect(guess.stderr).toContain('there is no runtime "pearl"; write perl');
});
