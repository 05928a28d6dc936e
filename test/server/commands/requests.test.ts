import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { StoredCommand } from "../../../protocol/command.ts";
import type { Result } from "../../../protocol/run.ts";
import { canonicalJson } from "../../../blocks/canonical-json.ts";
import { outputDigest } from "../../../blocks/output-digest.ts";
import { verifyReceipt } from "../../../blocks/receipt.ts";
import { sha256 } from "../../../server/database/ids.ts";
import { codeOf, url } from "../system.ts";
import { commit, SLUG, startProject } from "./stage.ts";

const exec = (command: unknown) => ({ task: { do: "exec", command } });
const ask = (changes: object) => ({
  task: { do: "request", method: "GET", path: "/", headers: {}, ...changes },
});

test("a request is refused that could mean something else to git, a shell or an app", async () => {
  const bad: [string, object][] = [
    ["has no command", exec("")],
    ["has an empty list of arguments", exec([])],
    ["holds NUL", exec("echo \0")],
    [
      "names a branch that git would take for an option",
      { revision: { of: "ref", ref: "--upload-pack=x" } },
    ],
    ["names a branch with a blank", { revision: { of: "ref", ref: "a b" } }],
    ["names commits by words", { revision: { of: "commits", commits: ["main"] } }],
    ["names no commit", { revision: { of: "commits", commits: [] } }],
    ["names too many days", { revision: { of: "history", days: 4000 } }],
    ["asks for a path without its slash", ask({ path: "users" })],
    ["asks for a path with a line's end", ask({ path: "/\r\nX: y" })],
    ["has a header of two lines", ask({ headers: { a: "b\r\nc: d" } })],
    ["has a header without a name", ask({ headers: { "a b": "c" } })],
    ["has a body that is not base64", ask({ body: "*" })],
    ["has no seconds", { wall_s: 0 }],
    ["says what nobody asked", { pool: "shared" }],
  ];
  const stage = await startProject();
  for (const [why, body] of bad) {
    const answer = await stage.own("POST", paths.projectRuns(SLUG), body);
    expect([why, await codeOf(answer)]).toEqual([why, "body_invalid"]);
  }
});

test("a run may take as long as it asks for, up to the ceiling", async () => {
  const stage = await startProject();
  await stage.exec({ wall_s: 60 });
  await stage.exec({ wall_s: 1e6 });
  const machine = await stage.worker();
  const works = [await machine.claimOne(), await machine.claimOne()];
  expect(works.map(({ work }) => work.limits.wall_s).toSorted((a, b) => a - b)).toEqual([60, 3600]);
});

test("the receipt of a command run covers what was asked for, the commits and the output", async () => {
  const stage = await startProject();
  const run = await stage.exec();
  const machine = await stage.worker();
  const assignment = await machine.claimOne();
  const head = commit("Say hello");
  await machine.post(paths.responder.checkout(run.id), { attempt: 1, commits: [head] });
  await machine.output(assignment, 1, { stream: "stdout", text: "made\n" });
  await machine.finish(assignment);
  const redirect = await stage.own("GET", paths.runResult(run.id));
  const result = (await (
    await stage.app.request(redirect.headers.get("location")!)
  ).json()) as Result;
  const jwks = await (await stage.call("GET", paths.jwks)).json();
  const receipt = await verifyReceipt(result.receipt, jwks as Parameters<typeof verifyReceipt>[1]);
  const { task, revision } = assignment.work as unknown as StoredCommand;
  expect(receipt).toMatchObject({
    iss: url,
    run: run.id,
    code: `task-sha256-${sha256(canonicalJson(task))}`,
    inputs: sha256(canonicalJson(revision)),
    commits: [head.sha],
    output: outputDigest(result),
    state: "succeeded",
  });
});
