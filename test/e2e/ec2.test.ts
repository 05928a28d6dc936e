import { describe, test, type TestContext } from "vitest";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunCreated } from "../../protocol/run.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";
import { bareResponders } from "../services/ec2/bare-responder.ts";
import { startEc2 } from "../services/ec2/endpoint.ts";
import { deferred, startServing } from "../systems/process.ts";
import { startEc2System, type Ec2SystemOptions } from "../systems/ec2.ts";

type OnTestFinished = TestContext["onTestFinished"];

async function start(onTestFinished: OnTestFinished, options: Ec2SystemOptions = {}) {
  const system = await startEc2System(options);
  onTestFinished(async () => {
    if (process.env["TEST_LOG"]) console.log(system.logged);
    await system.close();
  });
  return system;
}

const ok = { state: "succeeded", stdout: "hello\n" };

describe.concurrent("machines on EC2", () => {
  test("a press wakes a machine, the run ends, and the machine goes away by itself", async ({
    expect,
    onTestFinished,
  }) => {
    const system = await start(onTestFinished);
    // The server would end it as it leaves; where it can't, the machine still powers itself off.
    system.ec2.faults.next("TerminateInstances", "UnauthorizedOperation", { times: 99 });
    const run = await system.run("echo hello\n");
    expect(await system.result(run)).toMatchObject({ ...ok, attempt: 1 });
    const waking = (await system.events(run)).filter((event) => event.type === "waking");
    // What is over before anybody could be told of it is told of no more.
    const phases = waking.map(({ phase }) => phase);
    expect(phases).toContain("requested");
    expect(phases.filter((phase) => phase === "starting" || phase === "booting")).not.toEqual([]);
    const offers = waking.flatMap(({ step }) => (step ? [step.name] : []));
    expect(offers.filter((name) => name !== "on-demand t3.small")).toEqual([]);
    await system.nothingLeft();
    const [instance] = system.ec2.store.instances.values();
    expect(instance!.stateReason).toMatchObject({ code: "Client.InstanceInitiatedShutdown" });
  });

  test("a machine that leaves makes room at once for the next, without a list that shows it", async ({
    expect,
    onTestFinished,
  }) => {
    const system = await start(onTestFinished);
    system.ec2.faults.next("DescribeInstances", "UnauthorizedOperation", { times: Infinity });
    for (let press = 1; press <= 6; press++) {
      const run = await system.run("echo hello\n");
      expect(await system.result(run)).toMatchObject(ok);
      await eventually(async () => {
        const instances = [...system.ec2.store.instances.values()];
        const left = ({ state }: { state: string }) => state !== "running" && state !== "pending";
        return instances.every(left) ? true : undefined;
      });
    }
    expect(system.ec2.callsOf("RunInstances")).toHaveLength(6);
    const reasons = await eventually(async () => {
      const ends = system.logged.filter(({ msg }) => msg === "ending a machine");
      return ends.length >= 6 ? ends.map(({ reason }) => reason) : undefined;
    });
    expect(new Set(reasons)).toEqual(new Set(["idle"]));
  }, 180_000);

  test("a warm machine is stopped when idle, and the next press starts the same one", async ({
    expect,
    onTestFinished,
  }) => {
    const system = await start(onTestFinished, { env: { DEFERRED_EC2_LIFECYCLE: "warm" } });
    expect(await system.result(await system.run("echo hello\n"))).toMatchObject(ok);
    const [instance] = system.ec2.store.instances.values();
    await system.says("a machine is stopped");
    expect(await system.result(await system.run("echo hello\n"))).toMatchObject(ok);
    expect(system.ec2.store.instances.size).toBe(1);
    expect(system.ec2.callsOf("StartInstances")).toHaveLength(1);
    expect(system.ec2.lifecycle.console(instance!).match(/"registered"/g)).toHaveLength(2);
  });

  test("readers who press while it wakes share one machine start", async ({
    expect,
    onTestFinished,
  }) => {
    const system = await start(onTestFinished, { ec2: { timing: { pendingMs: 300 } } });
    const runs = await Promise.all([1, 2, 3, 4].map(() => system.run("echo hello\n")));
    for (const run of runs) expect(await system.result(run)).toMatchObject(ok);
    expect(system.ec2.store.instances.size).toBe(1);
  });

  test("a machine that nobody has on record is ended, those of others are let be", async ({
    expect,
    onTestFinished,
  }) => {
    const system = await start(onTestFinished);
    await system.result(await system.run("echo hello\n"));
    await system.nothingLeft();
    await system.stopServer();
    const [model] = system.ec2.store.instances.values();
    const [mine, another] = ["mine", "another"].map((name, index) => {
      const tags = new Map([...model!.tags, ["deferred:launch", name]]);
      if (name === "another") tags.set("deferred:fleet", "of-somebody-else");
      const instance = { ...model!, id: `i-0${String(index).repeat(16)}`, tags };
      Object.assign(instance, { reservationId: name, terminatedAt: undefined });
      system.ec2.store.instances.set(instance.id, instance);
      instance.state = "running";
      return instance;
    });
    await system.startServer();
    await eventually(async () => (mine!.state === "terminated" ? true : undefined));
    expect(another!.state).toBe("running");
  });

  test("machines go on while their server is away, and it finds them again", async ({
    expect,
    onTestFinished,
  }) => {
    const system = await start(onTestFinished, { env: { DEFERRED_IDLE_S: "30" } });
    const run = await system.run("echo begun; sleep 1.5; echo done\n");
    await eventually(async () =>
      (await system.view(run.id)).state === "running" ? true : undefined,
    );
    await system.stopServer();
    await system.startServer();
    expect(await system.result(run)).toMatchObject({
      state: "succeeded",
      stdout: "begun\ndone\n",
      attempt: 1,
    });
    expect(system.ec2.existing()).toHaveLength(1);
  });

  test.for(["before", "after"])(
    "a server that is killed %s its launch took effect, and started again, has one machine",
    async (moment, { expect, onTestFinished }) => {
      const ec2 = await startEc2({ hardware: bareResponders() });
      onTestFinished(() => ec2.close());
      const folder = await mkdtemp(join(tmpdir(), "deferred-e2e-"));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const data = join(folder, "data");
      const port = await freePort();
      const env = {
        ...ec2.env,
        PORT: port,
        DEFERRED_DATA: data,
        DEFERRED_URL: `http://127.0.0.1:${port}`,
        DEFERRED_COMPUTE: "ec2",
        DEFERRED_EC2_LIFECYCLE: "ephemeral",
        DEFERRED_EC2_SECURITY_GROUP: "sg-0aaaaaaaaaaaaaaaa",
        DEFERRED_IDLE_S: "1",
      };
      // The second offer is what the killed server was about to get.
      ec2.faults.next("RunInstances", "InsufficientInstanceCapacity");
      ec2.faults.next("RunInstances", `held_${moment as "before" | "after"}`);
      const killed = await startServing(env);
      onTestFinished(killed.clear);
      const file = join(data, "hello.sh");
      await writeFile(file, "echo hello\n");
      const { stdout: body } = await deferred(killed, ["sign", file, "--format", "json"]);
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${killed.url}/v1/runs`, { method: "POST", headers, body });
      const run = (await response.json()) as RunCreated;
      await eventually(async () => ec2.calls.find(({ outcome }) => outcome.startsWith("held")));
      const exited = once(killed.process, "exit");
      killed.process.kill("SIGKILL");
      await exited;

      const next = await startServing(env);
      onTestFinished(next.clear);
      const result = await eventually(async () => {
        const answer = await fetch(run.result_url).catch(() => undefined);
        return answer?.ok ? ((await answer.json()) as unknown) : undefined;
      });
      expect(result).toMatchObject({ ...ok, attempt: 1 });
      const launches = ec2.callsOf("RunInstances");
      const token = launches[0]!.parameters.text("ClientToken")!.replace(/-1$/, "");
      expect(launches.map(({ parameters }) => parameters.text("ClientToken"))).toEqual([
        `${token}-1`,
        `${token}-2`,
        `${token}-2`,
      ]);
      expect(ec2.store.instances.size).toBe(1);
      await eventually(async () => (ec2.existing().length === 0 ? true : undefined));
    },
  );
});
