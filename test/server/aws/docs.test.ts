import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { costTable } from "../../../bench/aws-costs.ts";
import { REASONS } from "../../../protocol/errors.ts";
import { environmentFor } from "../../../server/aws/environment.ts";
import { serverPolicy } from "../../../server/aws/server-policy.ts";
import { readTarget } from "../../../server/aws/target.ts";

const docs = (name: string) =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
const ENV = {
  DEFERRED_URL: "https://runner.example",
  AWS_REGION: "eu-west-1",
  DEFERRED_EC2_MARKET: "spot",
  DEFERRED_EC2_SUBNETS: "subnet-0aaaaaaaaaaaaaaaa",
};

test("the page's costs are those that the script reckons", async () => {
  expect(docs("aws.md")).toContain(await costTable());
});

test("the page explains every statement of the policy", () => {
  for (const { Sid } of serverPolicy(readTarget(ENV), {}).Statement) {
    expect(docs("aws.md")).toContain(`\`${Sid}\``);
  }
});

test("the reasons it tells what to do about are the server's", () => {
  const told = [...docs("aws.md").matchAll(/^\| `([a-z_]+)` +\|/gm)].map(([, code]) => code);
  expect(told.length).toBeGreaterThan(5);
  for (const code of told) expect(Object.keys(REASONS)).toContain(code);
});

test("every variable that setup prints is in the table of settings", () => {
  for (const name of Object.keys(environmentFor(readTarget(ENV), {}))) {
    expect(docs("self-host.md")).toContain(`\`${name}\``);
  }
});
