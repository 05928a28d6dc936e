import { expect, onTestFinished, test } from "vitest";
import { watchInterruption } from "../../../responder/agent/interruption.ts";
import { eventually } from "../../eventually.ts";
import { startMetadata, type MetadataService } from "../../services/metadata.ts";

async function metadata(): Promise<MetadataService> {
  const service = await startMetadata({ instanceId: "i-1", userData: "" });
  onTestFinished(() => service.close());
  return service;
}

/** What the watch has said so far. */
function watch(metadataUrl: string) {
  const said: string[] = [];
  const stop = new AbortController();
  const watching = watchInterruption({
    source: { format: "ec2", url: metadataUrl },
    signal: stop.signal,
    pollMs: 10,
    onTakenBack: () => said.push("taken back"),
    onAtRisk: () => said.push("at risk"),
  });
  onTestFinished(() => stop.abort());
  return { said, watching, stop: () => stop.abort() };
}

test("a machine that nobody wants back hears nothing, and always asks with a token", async () => {
  const service = await metadata();
  const { said, watching, stop } = watch(service.url);
  await eventually(async () => (service.asked.length >= 6 ? true : undefined));
  stop();
  await watching;
  expect(said).toEqual([]);
  expect(new Set(service.asked)).toEqual(
    new Set(["meta-data/spot/instance-action", "meta-data/events/recommendations/rebalance"]),
  );
});

test("a rebalance recommendation is told once, an interruption ends the watch", async () => {
  const service = await metadata();
  const { said, watching } = watch(service.url);
  await eventually(async () => (service.asked.length >= 3 ? true : undefined));
  service.recommendRebalance(new Date());
  await eventually(async () => (said.length === 1 ? true : undefined));
  const asked = service.asked.length;
  await eventually(async () => (service.asked.length > asked + 3 ? true : undefined));
  service.interrupt(new Date());
  await watching;
  expect(said).toEqual(["at risk", "taken back"]);
});

test("a recommendation that was there from the start keeps no machine from working", async () => {
  const service = await metadata();
  service.recommendRebalance(new Date());
  const { said, watching } = watch(service.url);
  await eventually(async () => (service.asked.length >= 6 ? true : undefined));
  service.interrupt(new Date());
  await watching;
  expect(said).toEqual(["taken back"]);
});

test("a service that is not there ends nothing", async () => {
  const service = await metadata();
  await service.close();
  onTestFinished(() => {});
  const { said, watching, stop } = watch(service.url);
  await new Promise((resolve) => setTimeout(resolve, 50));
  stop();
  await watching;
  expect(said).toEqual([]);
});
