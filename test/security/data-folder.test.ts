import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../protocol/paths.ts";
import { makeProject, SLUG } from "../server/projects/project.ts";
import { startSystem } from "../server/system.ts";

const VALUE = "value-of-a-secret-6f0e";

/** Everything below a folder and the folder itself, by its mode. What Node keeps in `cache` is closed by that folder. */
async function openToOthers(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  expect(entries.length).toBeGreaterThan(20);
  const below = entries.map((one) => join(one.parentPath, one.name));
  expect(below).toContain(join(root, "cache"));
  const found = [root, ...below.filter((path) => !path.startsWith(join(root, "cache", "/")))];
  const modeOf = (path: string) =>
    stat(path).then(
      ({ mode }) => mode,
      () => 0,
    ); // Gone since.
  const modes = await Promise.all(found.map(modeOf));
  return found.filter((_, index) => (modes[index]! & 0o077) !== 0);
}

test("nobody else on the machine reads or changes what is in the data folder", async () => {
  // A folder in which the server makes all, the database too.
  const root = await mkdtemp(join(tmpdir(), "deferred-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const system = await startSystem({ DEFERRED_DATA: root });
  await makeProject(system);
  await system.run();
  const machine = await system.machine();
  const assignment = await machine.claimOne();
  // Larger than what the database keeps: its result is a file.
  await machine.started(assignment);
  await machine.output(assignment, 1, { stream: "stdout", text: "x".repeat(70_000) });
  await machine.finish(assignment);
  expect(await openToOthers(system.root)).toEqual([]);
});

test("whoever has the data folder, but not the master key that was given apart from it, has no secret of a project", async () => {
  const system = await startSystem({ DEFERRED_SECRET: "m".repeat(40) });
  const project = await makeProject(system, { github_token: `${VALUE}-github` });
  await project.call("PUT", paths.secret(SLUG, "TOKEN"), { value: VALUE });
  await system.close();
  const entries = await readdir(system.root, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile());
  expect(files.map(({ name }) => name)).not.toContain("secret");
  for (const { parentPath, name } of files) {
    const text = await readFile(join(parentPath, name), "latin1");
    for (const secret of [VALUE, project.secret, "m".repeat(40)]) {
      expect([name, text.includes(secret)]).toEqual([name, false]);
    }
  }
});
