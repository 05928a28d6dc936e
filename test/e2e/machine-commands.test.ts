import { existsSync, readlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, test } from "vitest";
import { paths } from "../../protocol/paths.ts";
import type { RunView } from "../../protocol/run.ts";
import { eventually } from "../eventually.ts";
import { cannotBoot } from "../services/blank-machine/machine.ts";
import { makeRepository } from "../services/git-repository.ts";
import { startGitServer } from "../services/git-server.ts";
import { skippedBecause } from "../needs.ts";
import { PREPARE_MS, prepareMachines } from "./machine-files.ts";
import { launchMachine, startMachineServer } from "./machine-server.ts";
import { pushedProject } from "./pushes.ts";

const FILE = `
services: [memcached]
commands:
  - name: Ask memcached
    run: exec 3<>/dev/tcp/127.0.0.1/11211; echo version >&3; head -c 7 <&3
  - id -u; touch /var/cache/x /opt/x 2>/dev/null; ls /var; echo > artifacts || mkdir artifacts
`;

describe("a blank machine of a project", skippedBecause(cannotBoot), () => {
  beforeAll(prepareMachines, PREPARE_MS);

  test("installs what the project asks for, by a unit that it can't change, and runs its commands", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const root = await mkdtemp(join(tmpdir(), "deferred-machine-"));
    const git = await startGitServer(root);
    atEnd(async () => {
      await git.close();
      await rm(root, { recursive: true, force: true });
    });
    const commit = await (await makeRepository(root, "app")).commit({ ".deferred-server": FILE });
    const server = await startMachineServer({ atEnd, env: { DEFERRED_ALLOW_PRIVATE: "1" } });
    const project = await pushedProject(server, "ada/app", `${git.url}/app.git`);
    const run = await project.push(commit);
    const machine = await launchMachine(server, { runtimes: ["bash"], atEnd });
    machine.boot();

    const view = await eventually(async () => {
      const seen = (await (await project.own("GET", paths.run(run))).json()) as RunView;
      return seen.ending ? seen : undefined;
    });
    expect([view.ending, machine.console().slice(-3000)]).toMatchObject([
      { state: "succeeded" },
      {},
    ]);
    expect(view.command!.steps.map(({ name, exit_code }) => `${name} ${exit_code}`)).toEqual([
      "Install git 0",
      `Check out ${commit.slice(0, 7)} 0`,
      "Install memcached 0",
      "Start memcached 0",
      "Ask memcached 0",
      expect.stringMatching(/^id -u.* 0$/),
    ]);
    expect(existsSync(join(machine.root, "var/cache/deferred-runner/places"))).toBe(true);
    // It is there for the sandboxes alone: the machine's own is not started at its next boot.
    const unit = join(machine.root, "etc/systemd/system/memcached.service");
    expect(readlinkSync(unit)).toBe("/dev/null");
  }, 180_000);
});
