import { Hono } from "hono";
import { expect, test } from "vitest";
import { readServerSettings } from "../../../server/main.ts";
import type { Provider } from "../../../server/providers/provider.ts";
import { PROVIDERS } from "../../../server/providers/registry.ts";
import type { SettingsError } from "../../../server/settings/settings.ts";
import { computeSuite } from "../../contract/compute.ts";
import { eventually } from "../../eventually.ts";
import { playedCompute } from "../fleet/played-compute.ts";
import { startSystem } from "../system.ts";

/** A provider as a contributor would add it: an object of its own, and nothing else in the product. */
function playedProvider() {
  const played = playedCompute({ name: "played moon" });
  const provider: Provider = {
    name: "moon",
    configure(read, { idleS }) {
      const crater = read.text("DEFERRED_MOON_CRATER", "");
      if (crater === "") read.mistakes.push("DEFERRED_MOON_CRATER has to name a crater.");
      return {
        name: "moon",
        sharesHost: false,
        policy: {
          idleMs: idleS * 1000,
          maxMachines: 1,
          maxInAll: 1,
          bootMs: 60_000,
          bootMostMs: 60_000,
          silentMs: 60_000,
          spare: 0,
          expectedSlots: 1,
          keptMs: 60_000,
          coolDown: { firstMs: 1000, maxMs: 1000 },
          budget: undefined,
          hints: false,
        },
        launchFacts: () => ({ unreachable_s: 77 }),
        createCompute: async () => played.compute,
        downloads: async () => new Hono().get("/v1/machine/moon", (c) => c.text(crater)),
      };
    },
  };
  return { provider, ...played };
}

const withMoon = (provider: Provider) => [...PROVIDERS, provider] as unknown as typeof PROVIDERS;

test("a registered provider wakes a machine for a run, by its own settings and downloads", async () => {
  const { provider, launchFiles, calls } = playedProvider();
  const env = { DEFERRED_COMPUTE: "moon", DEFERRED_MOON_CRATER: "Tycho" };
  const options = { providers: withMoon(provider), bundle: "responder.mjs" };
  const system = await startSystem(env, options);
  const { id } = await system.run();
  const launch = await eventually(async () => launchFiles[0]);
  expect(launch).toMatchObject({ unreachable_s: 77, server_url: "http://127.0.0.1:8080" });
  expect(calls).toEqual(["launch"]);
  const machine = await system.machine({ launch });
  const assignment = await machine.claimOne();
  await machine.started(assignment);
  await machine.finish(assignment);
  expect((await system.until(id, ({ state }) => state === "succeeded")).state).toBe("succeeded");
  const loaded = await system.call("GET", "/v1/machine/moon");
  expect(await loaded.text()).toBe("Tycho");
});

test("its mistakes are reported with the server's own, and only where it is chosen", () => {
  const { provider } = playedProvider();
  const mistakesIn = (env: Record<string, string>) => {
    try {
      readServerSettings(env, withMoon(provider));
      return [];
    } catch (error) {
      return (error as SettingsError).mistakes.map((mistake) => mistake.split(" ")[0]);
    }
  };
  expect(mistakesIn({ DEFERRED_COMPUTE: "moon", PORT: "x" })).toEqual([
    "PORT",
    "DEFERRED_MOON_CRATER",
  ]);
  expect(mistakesIn({})).toEqual([]);
  expect(() => readServerSettings({ DEFERRED_COMPUTE: "mars" }, withMoon(provider))).toThrow(
    'DEFERRED_COMPUTE has to be local or ec2 or moon, not "mars".',
  );
});

computeSuite("played", async () => {
  const { provider, machines } = playedProvider();
  const settings = readServerSettings(
    { DEFERRED_COMPUTE: "moon", DEFERRED_MOON_CRATER: "Tycho" },
    withMoon(provider),
  );
  // A played provider needs nothing of a server.
  const compute = await settings.provider.createCompute({} as never);
  return {
    compute,
    async endFromWithin(providerId) {
      for (const [launchId, machine] of machines) {
        if (machine.providerId === providerId) machines.delete(launchId);
      }
    },
  };
});
