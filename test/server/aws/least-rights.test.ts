import { expect, test } from "vitest";
import { serverPolicy } from "../../../server/aws/server-policy.ts";
import { readTarget } from "../../../server/aws/target.ts";
import { specOf } from "../../contract/compute.ts";
import { accessRequests } from "../../services/ec2/authorization.ts";
import type { Call } from "../../services/ec2/endpoint.ts";
import type { Store } from "../../services/ec2/store.ts";
import { isAllowed } from "../../services/iam.ts";
import { computeOn, openEc2 } from "../compute/opened.ts";

const GROUP = "sg-0aaaaaaaaaaaaaaaa";

test.each(["on-demand", "spot"] as const)(
  "%s: all that the server asks of EC2 is allowed by its policy, and so is nothing of another server's",
  async (market) => {
    const target = readTarget({
      DEFERRED_URL: "https://runner.example",
      AWS_REGION: "eu-west-1",
      DEFERRED_EC2_TYPES: "t3.small,t3.medium",
      DEFERRED_EC2_MARKET: market,
    });
    const known = { account: "123456789012", securityGroup: GROUP, imageOwner: "136693071363" };
    const policy = serverPolicy(target, known);
    const allows = (call: Call, store: Store) =>
      accessRequests(call, store).every((request) => isAllowed(policy, request));
    const ec2 = await openEc2({ allows });
    const lifecycle = market === "spot" ? ("ephemeral" as const) : ("warm" as const);
    const { compute } = computeOn(ec2, { market, lifecycle });

    const { providerId } = await compute.launch(specOf("l1"));
    expect(await compute.list()).toHaveLength(1);
    if (market === "on-demand") {
      await compute.stop(providerId);
      await compute.start(providerId);
    }
    await compute.destroy(providerId);
    expect(await compute.list()).toEqual([]);
    expect(ec2.calls.filter(({ outcome }) => outcome === "UnauthorizedOperation")).toEqual([]);
    for (const { action } of ec2.calls) {
      expect(policy.Statement.flatMap(({ Action }) => Action)).toContain(`ec2:${action}`);
    }

    const { compute: other } = computeOn(ec2, {
      market,
      lifecycle,
      serverUrl: "https://b.example",
    });
    await expect(other.launch(specOf("l2"))).rejects.toMatchObject({ reason: "launch_refused" });
  },
);
