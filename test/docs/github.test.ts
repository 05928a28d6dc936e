import { spawnSync } from "node:child_process";
import { accessSync, constants, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

// GitHub is out of reach of the tests, so its files are held to schemas of what they use, and to the repository.

const ROOT = join(import.meta.dirname, "../..");
const text = (path: string) => readFileSync(join(ROOT, path), "utf8");
const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> };

const permissions = v.record(
  v.picklist(["contents", "id-token"]),
  v.picklist(["read", "write", "none"]),
);
const step = v.union([
  v.strictObject({
    uses: v.string(),
    with: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]))),
  }),
  v.strictObject({
    name: v.optional(v.string()),
    run: v.string(),
    env: v.optional(v.record(v.string(), v.string())),
  }),
]);
const job = v.union([
  v.strictObject({
    needs: v.optional(v.union([v.string(), v.array(v.string())])),
    "runs-on": v.literal("ubuntu-24.04"),
    container: v.optional(v.strictObject({ image: v.string(), options: v.string() })),
    "timeout-minutes": v.pipe(v.number(), v.maxValue(60)),
    environment: v.optional(v.string()),
    permissions,
    steps: v.array(step),
  }),
  v.strictObject({ uses: v.string(), permissions }),
]);
const workflow = v.strictObject({
  name: v.string(),
  on: v.strictObject({
    push: v.optional(
      v.strictObject({
        branches: v.optional(v.array(v.string())),
        tags: v.optional(v.array(v.string())),
      }),
    ),
    pull_request: v.optional(v.null()),
    workflow_call: v.optional(v.null()),
    workflow_dispatch: v.optional(v.null()),
    schedule: v.optional(v.array(v.strictObject({ cron: v.string() }))),
  }),
  permissions: v.strictObject({}),
  concurrency: v.union([
    v.string(),
    v.strictObject({ group: v.string(), "cancel-in-progress": v.string() }),
  ]),
  jobs: v.record(v.string(), job),
});

const paths = globSync(".github/workflows/*.yml", { cwd: ROOT }).toSorted();
const workflows = paths.map((path) => {
  const { jobs, ...rest } = v.parse(workflow, parse(text(path)));
  const all = Object.entries(jobs).map(([name, one]) => ({ name, ...one }));
  return {
    ...rest,
    path,
    jobs: all,
    steps: all.flatMap((one) => ("steps" in one ? one.steps : [])),
  };
});
const runs = workflows.flatMap(({ path, steps }) =>
  steps.flatMap((one) => ("run" in one ? [{ path, run: one.run }] : [])),
);

test("there are workflows to check, test, build with site generators, and release", () => {
  expect(workflows.map(({ name }) => name)).toEqual(["check", "generators", "release", "test"]);
  for (const { path, name } of workflows) expect(basename(path)).toBe(`${name}.yml`);
});

describe.each(workflows)("workflow $name", ({ path, name, jobs, steps }) => {
  test("writes nothing but what a release is", () => {
    const writes = jobs.flatMap((one) =>
      Object.entries(one.permissions).flatMap(([what, may]) =>
        may === "write" ? [`${one.name}: ${what}`] : [],
      ),
    );
    expect(writes).toEqual(name === "release" ? ["npm: id-token", "github: contents"] : []);
  });

  test("pins actions to a commit, with its version beside it", () => {
    const lines = text(path)
      .split("\n")
      .filter((line) => /^\s*-? ?uses: (?!\.\/)/.test(line));
    for (const line of lines)
      expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("leaves no credential in the checkout", () => {
    for (const one of steps) {
      if ("uses" in one && one.uses.startsWith("actions/checkout@"))
        expect(one.with).toMatchObject({ "persist-credentials": false });
    }
  });

  test("names jobs and workflows that are there", () => {
    for (const one of jobs) {
      if ("uses" in one) {
        const called = workflows.find((other) => one.uses === `./${other.path}`);
        expect(called?.on, one.uses).toHaveProperty("workflow_call");
      } else {
        for (const needed of [one.needs ?? []].flat())
          expect(jobs.map((other) => other.name)).toContain(needed);
      }
    }
  });
});

test("steps run scripts of package.json and files of the repository", () => {
  const named = runs.flatMap(({ run }) => [
    ...[...run.matchAll(/\bnpm run (?:--\S+ )*([\w:-]+)/g)].map(([, script]) => script!),
    ...[...run.matchAll(/\bnpm (test|start)\b/g)].map(([, script]) => script!),
  ]);
  expect(named).toContain("check");
  for (const script of named) expect(scripts).toHaveProperty([script]);
  const files = runs.filter(({ run }) => /^[.\w-]+\/[\w./-]+$/.test(run)).map(({ run }) => run);
  expect(files).toEqual([".ci/run"]);
  for (const file of files) accessSync(join(ROOT, file), constants.X_OK);
});

test("steps are valid shell, and nothing of an event is put into their text", () => {
  for (const { run, path } of runs) {
    expect(spawnSync("bash", ["-n"], { input: run, encoding: "utf8" }).stderr, path).toBe("");
    expect(run).not.toContain("${{");
  }
});

test("the release's notes are the version's part of the changelog", () => {
  const notes = runs.find(({ run }) => run.includes("notes.md"))!.run.split("\n")[0]!;
  const print = notes.replace(/CHANGELOG\.md >notes\.md$/, "");
  const changelog =
    "# Changelog\n\n## [1.1.0] - 2026-01-02\n\n- new\n\n## [1.0.0] - 2026-01-01\n\n- old\n";
  const env = { ...process.env, GITHUB_REF_NAME: "v1.0.0" };
  const { stdout } = spawnSync("bash", ["-c", print], { input: changelog, encoding: "utf8", env });
  expect(stdout).toBe("\n- old\n");
});

test("updates are asked for every kind of package that is used", () => {
  const { version, updates } = parse(text(".github/dependabot.yml")) as {
    version: number;
    updates: {
      "package-ecosystem": string;
      directory?: string;
      directories?: string[];
      schedule: { interval: string };
    }[];
  };
  expect(version).toBe(2);
  const ecosystems = updates.map((one) => one["package-ecosystem"]);
  expect(ecosystems).toEqual(["npm", "npm", "github-actions"]);
  for (const { directory, directories = [directory], schedule } of updates) {
    for (const one of directories) {
      const files = globSync(`.${one}/package.json`, { cwd: ROOT });
      expect(files, `${one} has packages`).not.toEqual([]);
    }
    expect(["daily", "weekly", "monthly"]).toContain(schedule.interval);
  }
});

const field = v.variant("type", [
  v.strictObject({
    type: v.literal("markdown"),
    attributes: v.strictObject({ value: v.string() }),
  }),
  v.strictObject({
    type: v.picklist(["input", "textarea"]),
    id: v.string(),
    attributes: v.strictObject({
      label: v.string(),
      description: v.optional(v.string()),
      render: v.optional(v.string()),
    }),
    validations: v.optional(v.strictObject({ required: v.boolean() })),
  }),
  v.strictObject({
    type: v.literal("dropdown"),
    id: v.string(),
    attributes: v.strictObject({ label: v.string(), options: v.array(v.string()) }),
    validations: v.optional(v.strictObject({ required: v.boolean() })),
  }),
]);
const form = v.strictObject({
  name: v.string(),
  description: v.string(),
  labels: v.array(v.string()),
  body: v.pipe(v.array(field), v.minLength(1)),
});

test.each(["bug", "feature"])("the issue form %s is one that GitHub takes", (name) => {
  const { body } = v.parse(form, parse(text(`.github/ISSUE_TEMPLATE/${name}.yml`)));
  const ids = body.flatMap((one) => ("id" in one ? [one.id] : []));
  expect(new Set(ids).size).toBe(ids.length);
  expect(body.some((one) => "validations" in one && one.validations?.required)).toBe(true);
});
