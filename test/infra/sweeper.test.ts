import { createRequire } from "node:module";
import { Script } from "node:vm";
import { expect, onTestFinished, test, vi } from "vitest";
import { specOf } from "../contract/compute.ts";
import { eventually } from "../eventually.ts";
import { computeOn, openEc2 } from "../server/providers/opened.ts";
import { heldTo } from "../services/ec2/authorization.ts";
import type { Document } from "../services/iam.ts";
import { stackWith, URL } from "./stack.ts";

const HOUR = 3600_000;

/** The function as Lambda runs it: the template's own text, with the SDK that Lambda has too. */
function sweeperOf(stack: ReturnType<typeof stackWith>): () => Promise<{ terminated: string[] }> {
  const { Code, Environment, Handler } = stack.resources["Sweeper"]!.Properties as {
    Code: { ZipFile: string };
    Environment: { Variables: Record<string, string> };
    Handler: string;
  };
  expect(Handler).toBe("index.handler");
  for (const [name, value] of Object.entries(Environment.Variables)) vi.stubEnv(name, value);
  const exports: { handler?: () => Promise<{ terminated: string[] }> } = {};
  const wrapped = new Script(`(exports, require) => {${Code.ZipFile}}`).runInThisContext() as (
    exports: object,
    require: NodeJS.Require,
  ) => void;
  wrapped(exports, createRequire(import.meta.url));
  return exports.handler!;
}

test("machines that have run for a day are terminated without a server, and no others", async () => {
  let sweeping: Document | undefined;
  const ec2 = await openEc2({ refused: heldTo(() => sweeping) });
  for (const [name, value] of Object.entries(ec2.env)) vi.stubEnv(name, value);
  vi.spyOn(console, "log").mockImplementation(() => {});
  onTestFinished(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });
  const stack = stackWith({ SweepHours: "24" }, ec2.store);
  const launch = async (id: string, hours: number, serverUrl = URL) => {
    const { providerId } = await computeOn(ec2, { serverUrl }).compute.launch(specOf(id));
    const instance = ec2.store.instances.get(providerId)!;
    await eventually(async () => instance.state === "running" || undefined);
    instance.launchedAt = Date.now() - hours * HOUR;
    return instance;
  };
  const old = await launch("l1", 25);
  const young = await launch("l2", 23);
  const others = await launch("l3", 99, "https://b.example");
  const unmarked = await launch("l4", 99);
  unmarked.tags.delete("deferred:fleet");
  const stopped = await launch("l5", 99);
  stopped.state = "stopped";
  const policies = stack.resources["SweeperRole"]!.Properties!["Policies"] as {
    PolicyDocument: Document;
  }[];
  sweeping = policies[0]!.PolicyDocument;

  const sweep = sweeperOf(stack);
  expect(await sweep()).toEqual({ terminated: [old.id] });
  expect(old.state).toMatch(/shutting-down|terminated/);
  for (const kept of [young, others, unmarked]) expect(kept.state).toBe("running");
  expect(stopped.state).toBe("stopped");
  expect(await sweep()).toEqual({ terminated: [] });
  expect(ec2.calls.filter(({ outcome }) => outcome !== "answered")).toEqual([]);
});
