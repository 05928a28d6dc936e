import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, test } from "vitest";
import { eventually } from "../eventually.ts";
import { machinesOf } from "../services/blank-machine/hardware.ts";
import { cannotBoot } from "../services/blank-machine/machine.ts";
import { skippedBecause } from "../needs.ts";
import { startEc2System } from "../systems/ec2.ts";
import { PREPARE_MS, prepareMachines, responderBundle } from "./machine-files.ts";
import { launchMachine, startMachineServer } from "./machine-server.ts";

const until = (holds: () => boolean) => eventually(async () => (holds() ? true : undefined));

/** Files below `root` that hold `text`, from there. */
function filesWith(root: string, text: string): string[] {
  const places = ["etc", "opt", "root", "run", "var", "tmp", "home"].map((name) =>
    join(root, name),
  );
  const found = spawnSync("grep", ["-rlFI", "-e", text, ...places], { encoding: "utf8" });
  return found.stdout
    .split("\n")
    .filter(Boolean)
    .map((path) => path.slice(root.length));
}

/** What /proc shows of the process of the responder on the machine with this disk. */
function processOfResponder(root: string): string {
  const isItsDisk = (process: string) => {
    try {
      const launch = "etc/deferred/launch.json";
      return statSync(`${process}/root/${launch}`).ino === statSync(join(root, launch)).ino;
    } catch {
      return false;
    }
  };
  return globSync("/proc/[0-9]*").find((process) => {
    const file = `${process}/cmdline`;
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    return text.startsWith("/opt/deferred/node\0/opt/deferred/responder.mjs") && isItsDisk(process);
  })!;
}

/** Tries what no program may, and prints what worked. */
const ESCAPE = `for path in /etc/deferred /opt/deferred /var/lib/deferred /var/lib/cloud /run/cloud-init /etc/machine-id; do
  test -e "$path" && echo "sees $path"
done
for address in 169.254.169.254/80 127.0.0.1/PORT; do
  timeout 1 bash -c "echo >/dev/tcp/$address" 2>/dev/null && echo "reaches $address"
done
echo hello
`;

describe.concurrent("a blank machine", skippedBecause(cannotBoot), () => {
  beforeAll(prepareMachines, PREPARE_MS);

  test("sets itself up, claims, and has nothing left to do at its next boot", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const server = await startMachineServer({ atEnd });
    const run = await server.run(ESCAPE.replace("PORT", new URL(server.url).port));
    const machine = await launchMachine(server, { runtimes: ["bash", "python", "ruby"], atEnd });
    machine.boot();
    expect(await server.result(run)).toMatchObject({ state: "succeeded", stdout: "hello\n" });
    expect(server.steps()).toEqual([
      "1/4 system packages",
      "2/4 Node",
      "3/4 languages",
      "4/4 responder",
    ]);
    expect(machine.console()).toContain("Deferred Runner: this machine is set up");
    // What would hold apt's locks at some later boot never begins.
    for (const name of [
      "apt-daily.timer",
      "apt-daily-upgrade.service",
      "unattended-upgrades.service",
    ]) {
      expect(readlinkSync(join(machine.root, "etc/systemd/system", name))).toBe("/dev/null");
    }
    const runtimes = server.registered[0]!.runtimes.map(({ name }) => name);
    expect(runtimes).toEqual(expect.arrayContaining(["bash", "node", "python", "ruby"]));

    const { registration_token: token, launch_id } = machine.launchFile;
    const kept = filesWith(machine.root, token);
    expect(kept).toContain("/etc/deferred/launch.json");
    // cloud-init keeps what it was given.
    expect(kept.filter((path) => !path.startsWith("/var/lib/cloud/"))).toHaveLength(1);
    for (const path of kept) expect(statSync(join(machine.root, path)).mode & 0o077).toBe(0);
    for (const text of ["AKIA", "ASIA", "aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"]) {
      expect(filesWith(machine.root, text)).toEqual([]);
    }
    const responder = processOfResponder(machine.root);
    const environment = readFileSync(`${responder}/environ`, "utf8");
    expect(environment).not.toMatch(new RegExp(`AWS_|SECRET|TOKEN|${token}`));
    for (const path of filesWith(`${responder}/root`, token)) {
      expect(statSync(`${responder}/root${path}`).mode & 0o077, path).toBe(0);
    }
    expect(machine.console() + machine.journal()).not.toContain(token);
    expect(machine.metadata.asked.join()).not.toMatch(/iam|without a token/);

    await machine.kill();
    server.progress.length = 0;
    const again = await server.run("echo again\n");
    machine.boot();
    expect(await server.result(again)).toMatchObject({ state: "succeeded", stdout: "again\n" });
    expect(server.steps()).toEqual([]);
    const [first, second] = server.registered;
    expect(second).toMatchObject({ launch_id, public_key: first!.public_key });
    expect(second!.boot_id).not.toBe(first!.boot_id);

    await machine.kill();
    const copy = await launchMachine(server, { of: machine.root, atEnd });
    writeFileSync(join(copy.root, "etc/machine-id"), `${"0123456789abcdef".repeat(2)}\n`);
    await copy.boot().ended;
    expect(server.registered).toHaveLength(3);
    expect(server.registered[2]!.public_key).not.toBe(first!.public_key);
    expect(copy.journal()).toContain("the server refused to register this machine");
  }, 120_000);

  test("that lost its power half-way is finished by its next boots", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const server = await startMachineServer({ atEnd });
    let isHalfSent = false;
    server.letFail(async (path) => {
      if (!path.endsWith("/node") || isHalfSent) return undefined;
      const half = new ReadableStream<Uint8Array>({
        start(sent) {
          sent.enqueue(new Uint8Array(100_000));
          isHalfSent = true;
        },
      });
      return new Response(half);
    });
    const run = await server.run("echo hello\n");
    const machine = await launchMachine(server, { atEnd });
    machine.boot();
    await until(() => existsSync(join(machine.root, "usr/bin/bwrap")));
    await machine.kill();
    machine.boot();
    await until(() => isHalfSent);
    await machine.kill();
    server.progress.length = 0;
    machine.boot();
    expect(await server.result(run)).toMatchObject({ state: "succeeded", stdout: "hello\n" });
    expect(server.steps()).toEqual(["2/4 Node", "4/4 responder"]);
    expect(globSync("opt/deferred/**/*.part", { cwd: machine.root })).toEqual([]);
  }, 120_000);

  test("that EC2 boots for a run stops when idle, and is started for the next", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const system = await startEc2System({
      ec2: { hardware: machinesOf() },
      bundle: responderBundle(),
      times: { pace: { firstMs: 10, maxMs: 100, limitMs: 3000 }, policy: { bootMs: 120_000 } },
      env: { DEFERRED_EC2_LIFECYCLE: "warm", DEFERRED_EC2_RUNTIMES: "bash,python" },
    });
    atEnd(() => system.close());
    const first = await system.run("echo hello\n");
    expect(await system.result(first)).toMatchObject({ state: "succeeded", stdout: "hello\n" });
    const told = (await system.events(first)).filter((event) => event.type === "waking");
    expect(told.map(({ phase, step }) => `${phase} ${step?.name ?? ""}`.trim())).toEqual(
      expect.arrayContaining(["booting", "setting_up system packages", "setting_up responder"]),
    );
    await system.says("a machine is stopped");

    const second = await system.run("echo again\n");
    expect(await system.result(second)).toMatchObject({ state: "succeeded", stdout: "again\n" });
    const toldAgain = (await system.events(second)).filter((event) => event.type === "waking");
    expect(toldAgain.map(({ phase }) => phase)).not.toContain("setting_up");
    expect(system.ec2.store.instances.size).toBe(1);
    const [instance] = system.ec2.store.instances.values();
    await eventually(async () => (instance!.state === "stopped" ? true : undefined));
  }, 120_000);
});
