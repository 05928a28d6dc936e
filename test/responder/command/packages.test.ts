import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packagesHelper } from "../../../responder/command/packages.ts";
import { eventually } from "../../eventually.ts";

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "deferred-packages-"));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const { signal } = new AbortController();
const helper = () => packagesHelper(state, state)!;
/** What root's unit does: takes the name away, and leaves the outcome. */
async function answer(error: string | null, of?: string) {
  const wanted = join(state, "packages.wanted");
  await eventually(async () => (existsSync(wanted) ? true : undefined));
  const name = readFileSync(wanted, "utf8");
  rmSync(wanted);
  writeFileSync(join(state, "packages.done"), JSON.stringify({ name: of ?? name, error }));
  return name;
}

test("a machine without root's unit installs nothing", () => {
  expect(packagesHelper(state, join(state, "none"))).toBeUndefined();
});

test("packages are asked for one at a time, and their failures told", async () => {
  const { install } = helper();
  const both = Promise.allSettled([install("git", signal), install("redis", signal)]);
  expect(await answer(null)).toBe("git");
  expect(await answer("no network")).toBe("redis");
  expect(await both).toMatchObject([
    { status: "fulfilled" },
    { reason: { message: "redis could not be installed: no network" } },
  ]);
});

test("an outcome that another left unread is not taken for one's own", async () => {
  const stop = new AbortController();
  const { install } = helper();
  const left = install("mysql", stop.signal).catch((error: unknown) => error);
  await eventually(async () => existsSync(join(state, "packages.wanted")) || undefined);
  stop.abort(new Error("gone"));
  expect(await left).toMatchObject({ name: "AbortError" });
  const installed = install("git", signal);
  await answer(null, "mysql");
  writeFileSync(join(state, "packages.wanted"), "git");
  await eventually(async () => !existsSync(join(state, "packages.done")) || undefined);
  await answer(null);
  await installed;
});
