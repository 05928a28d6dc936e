import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { BlockClaims } from "../../protocol/claims.ts";
import { BOMBS } from "../security/bombs.ts";
import type { Machine } from "../services/blank-machine/machine.ts";
import { addStrayResponders } from "../services/blank-machine/stray-responders.ts";
import { cannotBootKernel } from "../services/blank-machine/user-mode.ts";
import { skippedBecause } from "../needs.ts";
import { PREPARE_MS, prepareMachines } from "./machine-files.ts";
import { launchMachine, startMachineServer, type MachineServer } from "./machine-server.ts";
import { readLauncher } from "../../responder/sandbox/native/read-launcher.ts";

const GROUP = String.raw`/system\.slice/deferred-responder\.service/deferred-\d+-\d+-\d+`;

/** What its sandbox is: a control group of its own, and a system call filter that acts. */
const FIRST = `cat /proc/self/cgroup
grep Seccomp: /proc/self/status
unshare --user true 2>&1
echo hello
`;

/**
 * The set-up's system packages and Node. Downloading and unpacking them takes a minute on that kernel; the set-up
 * without a kernel of its own shows both steps (machine-set-up.test.ts).
 */
async function installFirstSteps(
  { root, run }: Pick<Machine, "root" | "run">,
  server: MachineServer,
): Promise<void> {
  const install = `DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install \
    bubblewrap ca-certificates libatomic1 python3`;
  const { code, output } = await run("sh", "-c", `apt-get -q update && ${install}`);
  if (code !== 0) throw new Error(`the packages could not be installed:\n${output.slice(-2000)}`);
  const { sha256 } = (await server.manifest()).find(({ name }) => name === "node")!;
  const folder = join("opt/deferred", sha256.slice(0, 16));
  mkdirSync(join(root, folder), { recursive: true });
  cpSync(process.execPath, join(root, folder, "node"), { dereference: true });
  symlinkSync(join(sha256.slice(0, 16), "node"), join(root, "opt/deferred/node"));
}

/** A bomb of the security tests, as a block. */
function bomb(
  name: string,
  more: BlockClaims["limits"] = {},
): [code: string, claims: Partial<BlockClaims>] {
  const { python, limits } = BOMBS.find((one) => one.name === name)!;
  // Processes are slow to start there.
  return [python, { runtime: "python", limits: { ...limits, wall_s: 60, ...more } }];
}

describe("a machine with a kernel of its own", skippedBecause(cannotBootKernel), () => {
  beforeAll(prepareMachines, PREPARE_MS);

  // A container hides rules of the kernel: sandboxes work in it that fail on EC2.
  test("sets itself up by cloud-init, runs blocks under its unit, holds each to its limits, and powers off", async () => {
    const server = await startMachineServer({ env: { DEFERRED_IDLE_S: "5" } });
    const first = await server.run(FIRST);
    const machine = await launchMachine(server, { ownKernel: true });
    await installFirstSteps(machine, server);
    addStrayResponders(machine.root);
    const running = machine.boot();
    const stopped = running.ended.then(() => {
      throw new Error(`The machine powered off:\n${machine.console().slice(-3000)}`);
    });
    stopped.catch(() => {});
    const result = (...[code, claims]: Parameters<typeof server.run>) =>
      server.run(code, claims).then((run) => Promise.race([server.result(run), stopped]));

    expect(await Promise.race([server.result(first), stopped])).toMatchObject({
      state: "succeeded",
      stdout: "0::/\nSeccomp:\t2\nunshare: unshare failed: Operation not permitted\nhello\n",
    });
    expect(server.steps()).toEqual(["4/4 responder"]);
    expect(server.registered[0]!.sandbox.features).toEqual(
      expect.arrayContaining([
        ...["cgroup-memory", "cgroup-pids", "cgroup-cpu"],
        ...(readLauncher() ? ["native-launcher"] : []),
      ]),
    );

    // Others stay below their own group, too, or below one that systemd makes for them.
    expect(machine.console()).toContain("0::/system.slice/stray-plain-user.service/responder");
    expect(machine.console()).toMatch(
      /0::\/system\.slice\/deferred-responder-\d+\.scope\/responder/,
    );

    // Each page takes that kernel long.
    const memory = bomb("a memory bomb of many processes", { memory_mb: 48 });
    expect(await result(...memory)).toMatchObject({
      state: "killed",
      reason: { code: "memory" },
      stdout: "",
    });
    expect(machine.console()).toMatch(
      new RegExp(`oom-kill:constraint=CONSTRAINT_MEMCG,.*oom_memcg=${GROUP},`),
    );

    const forked = await result(...bomb("a fork bomb"));
    expect(forked.state).toBe("succeeded");
    expect(Number(forked.stdout)).toBeGreaterThan(20);
    expect(Number(forked.stdout)).toBeLessThanOrEqual(32);
    expect(machine.console()).toMatch(
      new RegExp(`cgroup: fork rejected by pids controller in ${GROUP}`),
    );

    // Each alone stays below the limit: their group is what counts.
    const spin = "spin() { while :; do :; done; }; spin & spin & spin\n";
    expect(await result(spin, { limits: { cpu_s: 2, wall_s: 60 } })).toMatchObject({
      state: "timed_out",
      reason: { code: "cpu_time" },
    });

    await running.ended;
    expect(machine.console()).toContain("systemd-shutdown[1]: Powering off.");
    expect(machine.journal()).toContain("deferred-responder.service: Deactivated successfully.");
    expect(machine.metadata.asked).toContain("meta-data/instance-id");
    expect(machine.metadata.asked.join()).not.toContain("without a token");
  }, 300_000);
});
