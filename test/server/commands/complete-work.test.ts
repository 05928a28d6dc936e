import { toJson } from "../../../server/database/json.ts";
import { expect, test } from "vitest";
import { parse } from "valibot";
import { CommandWorkSchema, type StoredCommand } from "../../../protocol/command.ts";
import { commandLimits } from "../../../protocol/limits.ts";
import { ProjectSettingsSchema } from "../../../protocol/projects.ts";
import type { RunRow } from "../../../server/runs/record.ts";
import { completeWork, type CommandProject } from "../../../server/commands/complete-work.ts";

const stored: StoredCommand = {
  kind: "command",
  runtime: "bash",
  project: "o/p",
  revision: { of: "ref", ref: "refs/pull/7/head" },
  task: { do: "file", file_from: "0".repeat(40) },
  trigger: "pull_request",
  stranger: true,
  limits: commandLimits(),
};
const project: CommandProject = {
  repository: "https://git.example/o/p.git",
  settings: parse(ProjectSettingsSchema, { lfs: true }),
  credential: { kind: "token", user: "robot", token: "s3cret" },
  secrets: { API_KEY: "value" },
};

async function complete(
  work: Partial<StoredCommand>,
  found: CommandProject | undefined = project,
  allowPrivate = false,
) {
  const deps = { project: async () => found, addressOf: async () => "", allowPrivate };
  return completeWork(rowOf(toJson({ ...stored, ...work })), deps);
}

const rowOf = (work: RunRow["work"]) => ({
  ...{ kind: "command" as const, project: "acme/app", block_digest: "", work },
});

test("a stranger's commands get no secret and no cache, and the checkout its credential", async () => {
  const work = parse(CommandWorkSchema, await complete({}));
  expect(work.secrets).toEqual({});
  expect(work.caches).toBe(false);
  expect(work.repository.credential).toEqual(project.credential);
  expect(JSON.stringify(await complete({}))).not.toContain("value");
  const own = parse(CommandWorkSchema, await complete({ stranger: false }));
  expect(own.secrets).toEqual({ API_KEY: "value" });
  expect(own.caches).toBe(true);
});

test("where private addresses may be reached, strangers have no network at all", async () => {
  const network = async (stranger: boolean, allowPrivate: boolean) =>
    parse(CommandWorkSchema, await complete({ stranger }, project, allowPrivate)).limits.network;
  expect(await network(true, false)).toBe(true);
  expect(await network(true, true)).toBe(false);
  expect(await network(false, true)).toBe(true);
});

test("a project's settings of now hold, whatever they were when the run was made", async () => {
  const settings = { ...project.settings, network: false, lfs: false };
  const work = parse(CommandWorkSchema, await complete({}, { ...project, settings }));
  expect(work.limits.network).toBe(false);
  expect(work.repository.lfs).toBe(false);
});

test("a project that is gone, or has no repository, leaves nothing to do", async () => {
  const deps = { project: async () => undefined, addressOf: async () => "", allowPrivate: false };
  const gone = await completeWork(rowOf(toJson(stored)), deps);
  expect(gone).toMatchObject({ kind: "refused", detail: "The project was removed." });
  expect(await complete({}, { ...project, repository: null })).toMatchObject({ kind: "refused" });
});

test("an order that no machine could read ends, and is handed to none", async () => {
  const odd = { of: "ref", ref: "a b" } as const;
  const work = await complete({ revision: odd });
  expect(work).toMatchObject({ kind: "refused" });
  expect(work).toHaveProperty("detail", expect.stringContaining("revision.ref"));
});
