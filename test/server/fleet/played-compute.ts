import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { LaunchFile } from "../../../protocol/registration.ts";
import {
  LaunchError,
  type Compute,
  type EndedMachine,
  type LaunchSpec,
  type Offer,
  type ProvidedMachine,
} from "../../../server/providers/compute.ts";

/**
 * A provider of machines that does what a test says: its machines are entries of a table, whose responders
 * the test plays.
 */
export function playedCompute({
  restarts = true,
  name = "played",
  offer,
}: {
  restarts?: boolean;
  name?: string;
  /** What a launch asks for and gets; absent: nothing is told of it. */
  offer?: (spec: LaunchSpec) => Offer;
} = {}) {
  const machines = new Map<string, ProvidedMachine>();
  const calls: string[] = [];
  const launchFiles: LaunchFile[] = [];
  const specs: LaunchSpec[] = [];
  const listeners: ((end: EndedMachine) => void)[] = [];
  const keys = new Map<string, { publicKey: KeyObject; privateKey: KeyObject }>();
  /** What happens instead of an answer, by the call's name. */
  const instead: Partial<Record<keyof Compute, () => Promise<never> | undefined>> = {};

  async function called(name: "launch" | "start" | "list" | "stop" | "destroy", of = "") {
    if (name !== "list") calls.push(`${name} ${of}`.trim());
    await instead[name]?.();
  }
  const find = (providerId: string) =>
    [...machines.values()].find((one) => one.providerId === providerId);
  const end = (providerId: string) => {
    const machine = find(providerId);
    if (machine) machines.delete(machine.launchId);
  };

  const compute: Compute = {
    name,
    restarts,
    outlivesServer: true,
    async launch(spec) {
      specs.push(spec);
      if (offer) await spec.onOffer(offer(spec));
      await called("launch");
      launchFiles.push(spec.launchFile);
      const providerId = `i-${spec.launchId}`;
      if (machines.has(spec.launchId)) return { providerId };
      machines.set(spec.launchId, { launchId: spec.launchId, providerId, state: "running" });
      return { providerId };
    },
    async start(providerId) {
      await called("start", providerId);
      const machine = find(providerId);
      if (!machine) throw new LaunchError("launch_failed", "There is no such machine.");
      machine.state = "running";
    },
    async list() {
      await called("list");
      return structuredClone([...machines.values()]);
    },
    async stop(providerId) {
      await called("stop", providerId);
      const machine = find(providerId);
      if (machine) machine.state = "stopped";
    },
    async destroy(providerId) {
      await called("destroy", providerId);
      end(providerId);
    },
    onEnd: (listener) => void listeners.push(listener),
  };
  return {
    compute,
    machines,
    /** What was asked for but for lists, in order. */
    calls,
    /** Those of launches, in order. */
    launchFiles,
    specs,
    /** A machine's key is on its disk, so it lasts as long as the machine. */
    keysOf({ launch_id: launchId }: LaunchFile) {
      const pair = keys.get(launchId) ?? generateKeyPairSync("ed25519");
      keys.set(launchId, pair);
      return pair;
    },
    instead,
    /** A machine ends by itself. */
    endsByItself(launchId: string, reason: EndedMachine["reason"]) {
      for (const listener of listeners) listener({ launchId, reason, detail: "" });
    },
    never: () => new Promise<never>(() => {}),
    fails: (problem: Error) => async (): Promise<never> => {
      throw problem;
    },
  };
}
