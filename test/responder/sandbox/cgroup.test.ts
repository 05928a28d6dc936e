import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findV1 } from "../../../responder/sandbox/cgroup-v1.ts";
import { findV2 } from "../../../responder/sandbox/cgroup-v2.ts";
import {
  findCgroups,
  groupName,
  removeLeftovers,
} from "../../../responder/sandbox/find-cgroups.ts";

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
}

test("v2: a group that was delegated to us holds our leaf and the sandboxes' groups", () => {
  v2Group(".");
  v2Group("system.slice/runner.service", "77\n");
  const parent = findV2(root, "0::/system.slice/runner.service\n", 77)!;
  expect(get("system.slice/runner.service/responder/cgroup.procs")).toBe("77");
  expect(get("system.slice/runner.service/cgroup.subtree_control")).toBe("+memory +pids +cpu");

  put("system.slice/runner.service/one/memory.swap.max", "max");
  put("system.slice/runner.service/one/memory.oom.group", "0");
  put("system.slice/runner.service/one/cpu.weight", "100");
  const group = parent.create("one");
  group.limit({ memoryBytes: 1024, processes: 7 });
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
  expect(group.memoryKills()).toBe(3);
});

test("v2: a group with other members is left alone; root takes one of its own at the top", () => {
  v2Group(".");
  put("cgroup.subtree_control", "cpu memory pids\n");
  v2Group("user.slice/session", "77\n78\n");
  put("deferred-runner/cgroup.controllers", "cpu memory pids\n");
  const parent = findV2(root, "0::/user.slice/session\n", 77)!;
  expect(parent.create("one").joins).toEqual([join(root, "deferred-runner/one/cgroup.procs")]);
  expect(get("user.slice/session/cgroup.procs")).toBe("77\n78\n");
});

test("v2: without its controllers there are no groups", () => {
  put("cgroup.controllers", "hugetlb\n");
  put("cgroup.subtree_control", "");
  expect(findV2(root, "0::/\n")).toBeUndefined();
  expect(findV2(root, "5:memory:/\n")).toBeUndefined();
});

test("v1: each controller's group is below our own, and joined ones are one", () => {
  for (const path of ["memory/agent", "cpu,cpuacct", "pids"]) put(`${path}/cgroup.procs`, "");
  const parent = findV1(root, "8:pids:/\n4:memory:/agent\n2:cpu,cpuacct:/\n")!;
  expect(parent.features).toEqual(["cgroup-memory", "cgroup-pids", "cgroup-cpu", "cgroup-cpuacct"]);
  const group = parent.create("one");
  expect(group.joins).toHaveLength(3);
  put("memory/agent/one/memory.memsw.limit_in_bytes", "");
  group.limit({ memoryBytes: 1024, processes: 7 });
  expect(get("memory/agent/one/memory.limit_in_bytes")).toBe("1024");
  expect(get("memory/agent/one/memory.memsw.limit_in_bytes")).toBe("1024");
  expect(get("pids/one/pids.max")).toBe("7");
  put("cpu,cpuacct/one/cpuacct.usage", "2500000000\n");
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
test.runIf(host?.features.includes("cgroup-memory"))(
  "on this host a group is made, limited and removed",
  async () => {
    const group = host!.create(groupName(999_999));
    group.limit({ memoryBytes: 64 * 2 ** 20, processes: 7 });
    expect(group.memoryKills()).toBe(0);
    expect(group.cpuS()).toBe(0);
    await group.remove();
    expect(group.joins.some((file) => existsSync(file))).toBe(false);
  },
);
