import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { BootFault, Faults } from "./faults.ts";
import { givingUp, noHardware, slowly, type Booted, type Hardware } from "./hardware.ts";
import { startMetadata, type Metadata } from "./metadata.ts";
import type { Instance, Store } from "./store.ts";

export interface Timing {
  /** From the order to the power button. */
  pendingMs: number;
  stoppingMs: number;
  shuttingDownMs: number;
  /** How long a new instance is not known to any call. */
  unknownMs: number;
  /** How long a terminated one is still described. */
  describedMs: number;
}

export interface LifecycleDeps {
  store: Store;
  hardware: Hardware;
  timing: Timing;
  faults: Faults;
  /** New instances stay pending until then, after `pendingMs`. */
  pendingUntil?: Promise<void> | undefined;
  /** Disks are below it. */
  folder: string;
  now: () => number;
}

interface Powered {
  machine: Booted;
  metadata: Metadata;
}

interface Cause {
  code: string;
  message: string;
}

export type Lifecycle = ReturnType<typeof createLifecycle>;

const BY_USER: Cause = {
  code: "Client.UserInitiatedShutdown",
  message: "Client.UserInitiatedShutdown: User initiated shutdown",
};
const BY_ITSELF: Cause = {
  code: "Client.InstanceInitiatedShutdown",
  message: "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
};
const BY_SPOT: Cause = {
  code: "Server.SpotInstanceTermination",
  message: "Server.SpotInstanceTermination: Spot instance termination",
};

/** How instances come up and go down, each step in its time. */
export function createLifecycle(deps: LifecycleDeps) {
  const { store, timing, faults, now } = deps;
  /** What runs of an instance; a promise, since it may have to go while it comes. */
  const power = new Map<string, Promise<Powered>>();
  /** Counts what was last decided of an instance: what was decided before is not gone on with. */
  const turns = new Map<string, number>();
  const consoles = new Map<string, string>();
  const underWay = new Set<Promise<void>>();
  const ending = new AbortController();
  const aborted = once(ending.signal, "abort");

  const folderOf = (instance: Instance) => join(deps.folder, instance.id);
  const newTurn = (instance: Instance) => {
    const turn = (turns.get(instance.id) ?? 0) + 1;
    turns.set(instance.id, turn);
    return () => turns.get(instance.id) === turn && !ending.signal.aborted;
  };
  const inBackground = (work: Promise<void>) => {
    const watched = work.finally(() => underWay.delete(watched));
    underWay.add(watched);
  };
  const after = (ms: number) =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        ending.signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      ending.signal.addEventListener("abort", done);
      if (ending.signal.aborted) done();
    });

  function begin(instance: Instance): void {
    const isMyTurn = newTurn(instance);
    const wasStopped = instance.state === "stopped";
    instance.state = "pending";
    instance.stateReason = undefined;
    instance.transitionReason = "";
    inBackground(
      Promise.all([after(timing.pendingMs), Promise.race([deps.pendingUntil, aborted])]).then(
        async () => {
          if (!isMyTurn()) return;
          const fault = faults.atBoot(instance);
          if (fault?.name === "falls_back") return fallBack(instance, wasStopped, fault);
          instance.state = "running";
          const powered = switchOn(instance, fault);
          power.set(instance.id, powered);
          await powered;
        },
      ),
    );
  }

  /** A launch ends, and what was started is stopped as before: EC2 says why in its reason alone. */
  function fallBack(instance: Instance, wasStopped: boolean, { code, message }: Cause): void {
    instance.stateReason = { code, message: `${code}: ${message}` };
    instance.transitionReason = message;
    instance.state = wasStopped ? "stopped" : "terminated";
    if (wasStopped) return;
    instance.terminatedAt = now();
    for (const id of instance.volumes) store.volumes.delete(id);
  }

  async function switchOn(instance: Instance, fault: BootFault | undefined): Promise<Powered> {
    const metadata = await startMetadata({
      "meta-data/instance-id": instance.id,
      "meta-data/placement/availability-zone": instance.zone,
      "user-data": Buffer.from(instance.userData, "base64"),
    });
    mkdirSync(folderOf(instance), { recursive: true, mode: 0o700 });
    const hardware =
      fault?.name === "boot_never"
        ? noHardware
        : fault?.name === "slow_boot"
          ? slowly(deps.hardware, fault.ms)
          : fault?.name === "gives_up"
            ? givingUp(fault.console)
            : deps.hardware;
    const machine = hardware.boot({
      id: instance.id,
      userData: Buffer.from(instance.userData, "base64"),
      folder: folderOf(instance),
      metadataUrl: metadata.url,
    });
    if (fault?.name === "spot_interruption") {
      inBackground(after(fault.ms).then(() => interrupt(instance, fault.noticeMs)));
    }
    void machine.ended.then(() => {
      // Where it was switched off, whoever did so knows.
      if (instance.state !== "running" || ending.signal.aborted) return;
      if (instance.shutdownBehavior === "stop" && !instance.isSpot) stop(instance, BY_ITSELF);
      else terminate(instance, BY_ITSELF);
    });
    return { machine, metadata };
  }

  async function switchOff(instance: Instance): Promise<void> {
    const powered = await power.get(instance.id);
    power.delete(instance.id);
    await powered?.machine.shutdown();
    await powered?.metadata.close();
  }

  function go(instance: Instance, cause: Cause): void {
    instance.stateReason = cause;
    const who = cause === BY_USER || cause === BY_ITSELF ? "User initiated" : "Service initiated";
    const at = new Date(now()).toISOString().replace("T", " ").slice(0, 19);
    instance.transitionReason = `${who} (${at} GMT)`;
  }

  function stop(instance: Instance, cause = BY_USER): void {
    const isMyTurn = newTurn(instance);
    instance.state = "stopping";
    go(instance, cause);
    inBackground(
      Promise.all([switchOff(instance), after(timing.stoppingMs)]).then(() => {
        if (isMyTurn()) instance.state = "stopped";
      }),
    );
  }

  function terminate(instance: Instance, cause = BY_USER): void {
    const isMyTurn = newTurn(instance);
    const wasOn = instance.state !== "stopped";
    instance.state = "shutting-down";
    go(instance, cause);
    inBackground(
      Promise.all([switchOff(instance), after(wasOn ? timing.shuttingDownMs : 0)]).then(() => {
        if (!isMyTurn()) return;
        instance.state = "terminated";
        instance.terminatedAt = now();
        for (const id of instance.volumes) {
          if (store.volumes.get(id)?.deleteOnTermination) store.volumes.delete(id);
        }
        consoles.set(instance.id, consoleOf(folderOf(instance)));
        rmSync(folderOf(instance), { recursive: true, force: true });
      }),
    );
  }

  /** Takes a spot instance back: it is told, and is gone after `noticeMs` (two minutes on AWS). */
  async function interrupt(instance: Instance, noticeMs: number): Promise<void> {
    const powered = await power.get(instance.id);
    if (!powered || instance.state !== "running") return;
    const time = new Date(now() + noticeMs).toISOString().replace(/\.\d+/, "");
    powered.metadata.say(
      "meta-data/spot/instance-action",
      JSON.stringify({ action: "terminate", time }),
    );
    powered.metadata.say("meta-data/spot/termination-time", time);
    await after(noticeMs);
    if (instance.state === "running") terminate(instance, BY_SPOT);
  }

  return {
    begin,
    stop,
    terminate,
    interrupt,

    /** Tells a spot instance that it is more likely than others to be taken back. */
    async recommendRebalance(instance: Instance): Promise<void> {
      const noticeTime = new Date(now()).toISOString().replace(/\.\d+/, "");
      const powered = await power.get(instance.id);
      powered?.metadata.say(
        "meta-data/events/recommendations/rebalance",
        JSON.stringify({ noticeTime }),
      );
    },

    /** Whether calls know it: not just after its launch, nor long after its end. */
    isKnown(instance: Instance): boolean {
      const { knownAt, terminatedAt } = instance;
      return (
        now() >= knownAt &&
        (terminatedAt === undefined || now() < terminatedAt + timing.describedMs)
      );
    },

    /** When an instance that is launched now will be known. */
    knownFrom: (): number => now() + Math.max(timing.unknownMs, faults.unknownMs()),

    /** What an instance wrote to its console. */
    console: (instance: Instance): string =>
      consoles.get(instance.id) ?? consoleOf(folderOf(instance)),

    /** Pulls every plug. */
    async close(): Promise<void> {
      ending.abort();
      await Promise.all([...store.instances.values()].map(switchOff));
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

function consoleOf(folder: string): string {
  try {
    return readFileSync(join(folder, "console.log"), "utf8");
  } catch {
    return ""; // It never booted.
  }
}
