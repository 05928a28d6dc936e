import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Manager } from "../../../../responder/sandbox/cgroup/manager.ts";
import { findV1 } from "../../../../responder/sandbox/cgroup/v1.ts";
import { findV2 } from "../../../../responder/sandbox/cgroup/v2.ts";
import {
  findCgroups,
  groupName,
  removeLeftovers,
} from "../../../../responder/sandbox/cgroup/find.ts";
import { needs } from "../../../needs.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "deferred-cgroup-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (path: string, text: string) => {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
};
const get = (path: string) => readFileSync(join(root, path), "utf8");

/** The files the kernel makes in a v2 group. */
function v2Group(path: string, members = "") {
  put(`${path}/cgroup.controllers`, "cpuset cpu io memory pids\n");
  put(`${path}/cgroup.subtree_control`, "");
  put(`${path}/cgroup.procs`, members);
  if (path !== ".") put(`${path}/cgroup.type`, "domain\n");
}

/** A manager that delegates these groups and no others; `scoped` is the membership it gives. */
const manager = (delegated: string[], scoped?: string): Manager => ({
  delegates: (path) => delegated.includes(path),
  scope: () => scoped,
});

test("v2: a group that was delegated to us holds our leaf and the sandboxes' groups", () => {
  v2Group(".");
  v2Group("system.slice/runner.service", "77\n");
  const parent = findV2(root, "0::/system.slice/runner.service\n", { pid: 77 })!;
  expect(get("system.slice/runner.service/responder/cgroup.procs")).toBe("77");
  expect(get("system.slice/runner.service/cgroup.subtree_control")).toBe("+memory +pids +cpu");

  put("system.slice/runner.service/one/memory.swap.max", "max");
  put("system.slice/runner.service/one/memory.oom.group", "0");
  put("system.slice/runner.service/one/cpu.weight", "100");
  const group = parent.create("one");
  group.limit({ memoryBytes: 1024, processes: 7 });
  expect(get("system.slice/runner.service/one/cpu.weight")).toBe("6");
  group.hurry();
  const one = "system.slice/runner.service/one";
  expect(
    ["memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.weight"].map((name) =>
      get(`${one}/${name}`),
    ),
  ).toEqual(["1024", "0", "1", "7", "50"]);
  expect(group.joins).toEqual([join(root, one, "cgroup.procs")]);

  put(`${one}/cpu.stat`, "usage_usec 1500000\nuser_usec 1000000\n");
  put(`${one}/memory.events`, "low 0\noom 2\noom_kill 3\noom_group_kill 1\n");
  expect(group.cpuS()).toBe(1.5);
  expect(group.memoryPeakBytes()).toBeUndefined();
  put(`${one}/memory.peak`, "4096\n");
  expect(group.memoryPeakBytes()).toBe(4096);
  expect(group.memoryKills()).toBe(3);
});

test("v2: processes that share a delegated group move to its leaf, and who starts there takes the same group", () => {
  const unit = "system.slice/runner.service";
  v2Group(".");
  v2Group(unit, "76\n77\n");
  const options = { pid: 77, isRoot: true, manager: manager([`/${unit}`]) };
  expect(findV2(root, `0::/${unit}\n`, options)!.roots).toEqual([join(root, unit)]);
  expect(get(`${unit}/responder/cgroup.procs`)).toBe("77");

  put(`${unit}/cgroup.subtree_control`, "cpu memory pids\n"); // As the kernel shows it.
  v2Group(`${unit}/responder`, "76\n77\n78\n");
  const second = findV2(root, `0::/${unit}/responder\n`, { ...options, pid: 78 })!;
  expect(second.roots).toEqual([join(root, unit)]);
  expect(existsSync(join(root, unit, "responder/responder"))).toBe(false);
});

test("v2: for a plain user a group that may be written to was delegated", () => {
  v2Group(".");
  v2Group("user.slice/run-1.scope", "76\n77\n");
  const options = { pid: 77, isRoot: false, manager: manager([]) };
  const parent = findV2(root, "0::/user.slice/run-1.scope\n", options)!;
  expect(parent.roots).toEqual([join(root, "user.slice/run-1.scope")]);
});

test("v2: a group that others are in and that is the manager's is left alone; root is given a scope", () => {
  v2Group(".", "1\n");
  put("cgroup.subtree_control", "cpu memory pids\n");
  v2Group("user.slice/session-1.scope", "77\n78\n");
  v2Group("system.slice/ours.scope", "77\n");
  const find = (isRoot: boolean, scoped?: string) =>
    findV2(root, "0::/user.slice/session-1.scope\n", {
      pid: 77,
      isRoot,
      manager: manager([], scoped),
    });
  expect(find(true, "0::/system.slice/ours.scope\n")!.create("one").joins).toEqual([
    join(root, "system.slice/ours.scope/one/cgroup.procs"),
  ]);
  expect(find(true)).toBeUndefined();
  expect(get("user.slice/session-1.scope/cgroup.procs")).toBe("77\n78\n");
  expect(get("user.slice/session-1.scope/cgroup.subtree_control")).toBe("");
  expect(existsSync(join(root, "deferred-runner"))).toBe(false);
});

test("v2: the root of all groups may hold processes beside groups", () => {
  v2Group(".", "1\n77\n");
  const parent = findV2(root, "0::/\n", { pid: 77, isRoot: true, manager: manager(["/"]) })!;
  expect(parent.roots).toEqual([root]);
  expect(existsSync(join(root, "responder"))).toBe(false);
});

test("v2: without its controllers there are no groups", () => {
  put("cgroup.controllers", "hugetlb\n");
  put("cgroup.subtree_control", "");
  expect(findV2(root, "0::/\n")).toBeUndefined();
  expect(findV2(root, "5:memory:/\n")).toBeUndefined();
});

test("v1: each controller's group is below our own, and joined ones are one", () => {
  for (const path of ["memory/agent", "cpu,cpuacct", "pids"]) {
    for (const name of ["cgroup.procs", "tasks"]) put(`${path}/${name}`, "");
  }
  const parent = findV1(root, "8:pids:/\n4:memory:/agent\n2:cpu,cpuacct:/\n")!;
  expect(parent.features).toEqual(["cgroup-memory", "cgroup-pids", "cgroup-cpu", "cgroup-cpuacct"]);
  const group = parent.create("one");
  expect(group.joins).toHaveLength(3);
  for (const name of ["limit", "memsw.limit"]) put(`memory/agent/one/memory.${name}_in_bytes`, "");
  expect(get("cpu,cpuacct/one/cpu.shares")).toBe("64");
  group.hurry();
  expect(get("cpu,cpuacct/one/cpu.shares")).toBe("512");
  group.limit({ memoryBytes: 1024, processes: 7 });
  expect(get("memory/agent/one/memory.limit_in_bytes")).toBe("1024");
  expect(get("memory/agent/one/memory.memsw.limit_in_bytes")).toBe("1024");
  expect(get("pids/one/pids.max")).toBe("7");
  put("cpu,cpuacct/one/cpuacct.usage", "2500000000\n");
  put("memory/agent/one/memory.max_usage_in_bytes", "8192\n");
  expect(group.memoryPeakBytes()).toBe(8192);
  put("memory/agent/one/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
  expect(group.cpuS()).toBe(2.5);
  expect(group.memoryKills()).toBe(1);
});

test("leftovers of responders that died go, those of one that lives stay", () => {
  const own = groupName(1);
  for (const name of ["memory/agent/deferred-1-0-4", `memory/agent/${own}`, "memory/other"]) {
    mkdirSync(join(root, name), { recursive: true });
  }
  expect(removeLeftovers([root])).toBe(1);
  expect(existsSync(join(root, "memory/agent/deferred-1-0-4"))).toBe(false);
  expect(existsSync(join(root, "memory/agent", own))).toBe(true);
});

const host = findCgroups();
test(
  "on this host a group is made, limited and removed",
  needs(host?.features.includes("cgroup-memory") ?? false, "control groups that limit memory"),
  async () => {
    const group = host!.create(groupName(999_999));
    group.limit({ memoryBytes: 64 * 2 ** 20, processes: 7 });
    expect(group.memoryKills()).toBe(0);
    expect(group.cpuS()).toBe(0);
    // Where swap is counted, the order of the kernel's files matters.
    group.limit({ memoryBytes: 128 * 2 ** 20, processes: 7 });
    group.limit({ memoryBytes: 32 * 2 ** 20, processes: 7 });
    await group.remove();
    expect(group.joins.some((file) => existsSync(file))).toBe(false);
  },
);
