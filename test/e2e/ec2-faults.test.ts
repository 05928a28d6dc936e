import { describe, expect as whole, test } from "vitest";
import type { Result } from "../../protocol/run.ts";
import type { Ec2Endpoint } from "../services/ec2/endpoint.ts";
import { eventually } from "../eventually.ts";
import { runUnderFaults } from "./ec2-chaos.ts";
import { startEc2System, type Ec2SystemOptions } from "../systems/ec2.ts";
import { held } from "./held.ts";

interface Fault {
  name: string;
  arrange: (faults: Ec2Endpoint["faults"]) => void;
  options?: Ec2SystemOptions;
  ends: Partial<Result> | { state: string; reason: { code: string } };
}

/** How long a machine is waited for that never comes, where the next has to come within the same time. */
const PATIENT_MS = 10_000;
const SPOT = { env: { DEFERRED_EC2_MARKET: "spot" } };
const succeeded = { state: "succeeded", stdout: "hello\n" } as const;
const erroredBy = (code: string, why?: RegExp) => ({
  ...{ state: "errored", stdout: "" },
  reason: { code, ...(why && { message: whole.stringMatching(why) as string }) },
});
/** Nothing below comes of a time limit. */
const NO_LIMIT = { bootMs: 3_600_000 };

const faults: Fault[] = [
  {
    name: "disks whose key the account may not use",
    options: NO_LIMIT,
    arrange: (ec2) => {
      const code = "Client.InternalError";
      for (const message of ["Client error on launch", "Client error on launch"]) {
        ec2.nextBoot({ name: "falls_back", code, message });
      }
    },
    ends: erroredBy("boot_failed", /Client\.InternalError: Client error on launch\..*key/),
  },
  {
    name: "as many disks as the account may have",
    options: NO_LIMIT,
    arrange: (ec2) => {
      const code = "Client.VolumeLimitExceeded";
      ec2.nextBoot({ name: "falls_back", code, message: "Volume limit exceeded" });
    },
    ends: erroredBy("quota_reached", /Client\.VolumeLimitExceeded: Volume limit exceeded\./),
  },
  {
    name: "set-ups that give up and power off",
    options: NO_LIMIT,
    arrange: (ec2) => {
      const console =
        "Deferred Runner: again in 0.2 s: mirror\nDeferred Runner: the disk is full\n";
      ec2.nextBoot({ name: "gives_up", console });
      ec2.nextBoot({ name: "gives_up", console });
    },
    ends: erroredBy("boot_failed", /powered itself off\. .*console: the disk is full/),
  },
  {
    name: "a boot that never comes",
    options: { bootMs: PATIENT_MS },
    arrange: (ec2) => ec2.nextBoot({ name: "boot_never" }),
    ends: { ...succeeded, attempt: 2 },
  },
  {
    name: "no capacity for the first offer",
    arrange: (ec2) => ec2.next("RunInstances", "InsufficientInstanceCapacity"),
    ends: succeeded,
  },
  {
    name: "no capacity anywhere",
    arrange: (ec2) => ec2.next("RunInstances", "InsufficientInstanceCapacity", { times: 99 }),
    ends: erroredBy("no_capacity"),
  },
  {
    name: "a type that is not offered in the zone",
    arrange: (ec2) => ec2.next("RunInstances", "Unsupported"),
    ends: succeeded,
  },
  {
    name: "no room for its disk",
    arrange: (ec2) => ec2.next("RunInstances", "InsufficientVolumeCapacity"),
    ends: succeeded,
  },
  {
    name: "a type that the account's free plan lacks",
    arrange: (ec2) => ec2.next("RunInstances", "InvalidParameterCombination"),
    ends: succeeded,
  },
  {
    name: "types that the account's free plan lacks",
    arrange: (ec2) => ec2.next("RunInstances", "InvalidParameterCombination", { times: 99 }),
    ends: erroredBy("launch_refused", /free plan/),
  },
  {
    name: "no role for spot",
    options: SPOT,
    arrange: (ec2) => ec2.next("RunInstances", "AuthFailure.ServiceLinkedRoleCreationNotPermitted"),
    ends: succeeded,
  },
  {
    name: "too low a price for spot",
    options: SPOT,
    arrange: (ec2) => ec2.next("RunInstances", "SpotMaxPriceTooLow", { times: 2 }),
    ends: succeeded,
  },
  {
    name: "the account's quota reached",
    arrange: (ec2) => ec2.next("RunInstances", "VcpuLimitExceeded", { times: 99 }),
    ends: erroredBy("quota_reached"),
  },
  {
    name: "a key that may not launch",
    arrange: (ec2) => ec2.next("RunInstances", "UnauthorizedOperation", { times: 99 }),
    ends: erroredBy("launch_refused"),
  },
  {
    name: "requests throttled",
    arrange: (ec2) => {
      for (const action of ["DescribeInstanceTypes", "DescribeImages", "RunInstances"]) {
        ec2.next(action, "RequestLimitExceeded", { times: 2 });
      }
    },
    ends: succeeded,
  },
  {
    name: "an internal error, twice",
    arrange: (ec2) => ec2.next("RunInstances", "InternalError", { times: 2 }),
    ends: succeeded,
  },
  {
    name: "internal errors for good",
    options: { times: { pace: { firstMs: 5, maxMs: 20, limitMs: 100 } } },
    arrange: (ec2) => ec2.next("RunInstances", "InternalError", { times: 9999 }),
    ends: erroredBy("launch_failed"),
  },
  {
    name: "a connection cut before the launch",
    arrange: (ec2) => ec2.next("RunInstances", "cut_before"),
    ends: succeeded,
  },
  {
    name: "a connection cut after the launch",
    arrange: (ec2) => ec2.next("RunInstances", "cut_after", { times: 3 }),
    ends: succeeded,
  },
  {
    name: "a machine that is not known for a while",
    arrange: (ec2) => ec2.nextLaunch({ name: "not_yet_known", ms: 1500 }),
    ends: succeeded,
  },
  {
    name: "a slow boot",
    arrange: (ec2) => ec2.nextBoot({ name: "slow_boot", ms: 1500 }),
    ends: succeeded,
  },
  {
    name: "boots that never come",
    options: { bootMs: 3000 },
    arrange: (ec2) => {
      ec2.nextBoot({ name: "boot_never" });
      ec2.nextBoot({ name: "boot_never" });
    },
    ends: erroredBy("boot_failed"),
  },
];

// Those that take longest come first, so that the others run beside them.
describe.concurrent("a fault of EC2 ends in a result or in a clear reason, and leaves nothing", () => {
  test("a machine that never comes and can't be ended holds up nobody", async ({
    expect,
    onTestFinished,
  }) => {
    const system = await startEc2System({ bootMs: PATIENT_MS });
    onTestFinished(() => system.close());
    system.ec2.faults.nextBoot({ name: "boot_never" });
    system.ec2.faults.next("TerminateInstances", "UnauthorizedOperation");
    const run = await system.run("echo hello\n");
    expect(await system.result(run)).toMatchObject({ ...succeeded, attempt: 2 });
    // Until the next one was asked for; it is tried again every 10 s.
    const actions = system.ec2.calls.map(({ action }) => action);
    const before = actions.slice(0, actions.lastIndexOf("RunInstances"));
    expect(before.filter((action) => action === "TerminateInstances")).toHaveLength(1);
    const [first] = system.ec2.callsOf("TerminateInstances");
    expect(first).toMatchObject({ outcome: "UnauthorizedOperation" });
    expect(system.ec2.callsOf("RunInstances")).toHaveLength(2);
    await system.nothingLeft();
  });

  test("a spot machine that is taken back hands its run back, and another one ends it", async ({
    expect,
    onTestFinished,
  }) => {
    const system = await startEc2System(SPOT);
    onTestFinished(() => system.close());
    const { line, release } = held(onTestFinished);
    const run = await system.run(`echo begun; ${line}; echo done\n`);
    const instance = await eventually(async () => {
      const { state } = await system.view(run.id);
      return state === "running" ? [...system.ec2.store.instances.values()][0] : undefined;
    });
    void system.ec2.lifecycle.interrupt(instance, 120_000);
    await eventually(async () =>
      (await system.view(run.id)).state === "running" ? undefined : true,
    );
    release();
    expect(await system.result(run)).toMatchObject({
      state: "succeeded",
      stdout: "begun\ndone\n",
      attempt: 2,
    });
    const retrying = (await system.events(run)).find((event) => event.type === "retrying");
    expect(retrying).toMatchObject({ reason: { code: "taken_back" } });
    expect(system.ec2.store.instances.size).toBe(2);
    await system.nothingLeft();
  });

  test("all at once, a tenth of each: all runs end, each is told once", async ({ expect }) => {
    const runs = 20;
    const figures = await runUnderFaults({ runs, servers: 5, share: 0.1, seed: 7 });
    const ended = Object.values(figures.ends).reduce((sum, one) => sum + one, 0);
    expect(ended).toBe(runs);
    expect(figures).toMatchObject({ wronglyTold: [], orphans: 0 });
    const unclear = Object.keys(figures.ends).filter((end) => !/^succeeded$|^errored: /.test(end));
    expect(unclear).toEqual([]);
    expect(Object.keys(figures.faults).length).toBeGreaterThan(3);
  }, 240_000);

  test.for(faults)("$name", async ({ options, arrange, ends }, { expect, onTestFinished }) => {
    const system = await startEc2System(options);
    onTestFinished(() => system.close());
    arrange(system.ec2.faults);
    const run = await system.run("echo hello\n");
    expect(await system.result(run)).toMatchObject(ends);
    await system.nothingLeft();
    const launches = new Set(
      [...system.ec2.store.instances.values()].map(({ tags }) => tags.get("deferred:launch")),
    );
    expect(launches.size, "one machine a launch").toBe(system.ec2.store.instances.size);
  });
});
