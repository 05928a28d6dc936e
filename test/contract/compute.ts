import { describe, expect, test } from "vitest";
import { LaunchError, type Compute, type LaunchSpec } from "../../server/providers/compute.ts";
import { eventually } from "../eventually.ts";

export interface Subject {
  compute: Compute;
  /** Ends a machine from within, as its responder does when it leaves. */
  endFromWithin: (providerId: string) => Promise<void>;
}

export const specOf = (launchId: string, changes: Partial<LaunchSpec> = {}): LaunchSpec => ({
  launchId,
  pool: "shared",
  project: "local/demo",
  firstOffer: 1,
  onOffer: async () => {},
  launchFile: launchFileOf(launchId),
  ...changes,
});

export const launchFileOf = (launchId: string) => ({
  server_url: "http://127.0.0.1:1",
  launch_id: launchId,
  registration_token: "t",
  idle_s: 1,
  unreachable_s: 1,
});

/** What every provider of machines has to do. */
export function computeSuite(name: string, open: () => Promise<Subject>): void {
  describe(`compute ${name}`, () => {
    const listed = async (compute: Compute, launchId: string) =>
      (await compute.list()).find((machine) => machine.launchId === launchId);

    test("lists what it launched until it is destroyed", async () => {
      const { compute } = await open();
      expect(await compute.list()).toEqual([]);
      const { providerId } = await compute.launch(specOf("l1"));
      expect(await compute.list()).toEqual([{ launchId: "l1", providerId, state: "running" }]);
      await compute.destroy(providerId);
      await compute.destroy(providerId);
      expect(await compute.list()).toEqual([]);
      await compute.stop(providerId);
    });

    test("starts nothing twice for the same launch, however often and however close it is asked", async () => {
      const { compute } = await open();
      const first = await compute.launch(specOf("l1"));
      expect(await compute.launch(specOf("l1"))).toEqual(first);
      await compute.launch(specOf("l2"));
      expect(await compute.list()).toHaveLength(2);
    });

    test("tells a machine that ended by itself from one that runs", async () => {
      const { compute, endFromWithin } = await open();
      const { providerId } = await compute.launch(specOf("l1"));
      await endFromWithin(providerId);
      await eventually(async () => {
        const machine = await listed(compute, "l1");
        return machine?.state === "running" ? undefined : true;
      });
      expect(await listed(compute, "l1").then((machine) => machine?.state)).not.toBe("running");
    });

    test("starts what was stopped, where it restarts machines", async () => {
      const { compute } = await open();
      const { providerId } = await compute.launch(specOf("l1"));
      await compute.stop(providerId);
      if (!compute.restarts) {
        expect((await listed(compute, "l1"))?.state).not.toBe("running");
        await expect(compute.start(providerId)).rejects.toThrow();
        return;
      }
      // Whether it still stops or has stopped is all the same.
      expect(await compute.list()).toEqual([{ launchId: "l1", providerId, state: "stopped" }]);
      await compute.stop(providerId);
      await compute.start(providerId);
      expect(await compute.list()).toEqual([{ launchId: "l1", providerId, state: "running" }]);
      await compute.start(providerId); // Harmless.
      await compute.destroy(providerId);
      await expect(compute.start(providerId)).rejects.toThrow(LaunchError);
      expect(await compute.list()).toEqual([]);
    });
  });
}
