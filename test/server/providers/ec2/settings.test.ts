import { describe, expect, test } from "vitest";
import { readServerSettings } from "../../../../server/main.ts";
import { ec2SettingsOf } from "../opened.ts";

describe("machines on EC2", () => {
  const ec2 = {
    DEFERRED_COMPUTE: "ec2",
    AWS_REGION: "eu-west-1",
    DEFERRED_EC2_SECURITY_GROUP: "sg-1",
    DEFERRED_URL: "https://runner.example",
  };

  test("need a region, a security group and an address to call", () => {
    expect(() => readServerSettings({ DEFERRED_COMPUTE: "ec2" })).toThrow(
      /AWS_REGION[^]*DEFERRED_EC2_SECURITY_GROUP[^]*DEFERRED_URL/,
    );
  });

  test("are stopped when idle, or terminated where they are spot machines", () => {
    expect(ec2SettingsOf(ec2)).toMatchObject({ market: "on-demand", lifecycle: "warm" });
    const spot = { ...ec2, DEFERRED_EC2_MARKET: "spot" };
    expect(ec2SettingsOf(spot)).toMatchObject({ market: "spot", lifecycle: "ephemeral" });
    expect(() => readServerSettings({ ...spot, DEFERRED_EC2_LIFECYCLE: "warm" })).toThrow(/spot/);
  });

  test("call the server over https, or over loopback", () => {
    const at = (url: string) => () => readServerSettings({ ...ec2, DEFERRED_URL: url });
    expect(at("http://runner.example")).toThrow(/https/);
    expect(at("http://0.0.0.0:8080")).toThrow(/https/);
    expect(at("http://127.0.0.1:8080")).not.toThrow();
    expect(at("http://[::1]:8080")).not.toThrow();
  });

  test("are of types and in subnets that are tried in the order named", () => {
    const named = { DEFERRED_EC2_TYPES: "c7i.large, t3.small,", DEFERRED_EC2_SUBNETS: "s-2,s-1" };
    expect(ec2SettingsOf({ ...ec2, ...named })).toMatchObject({
      types: ["c7i.large", "t3.small"],
      subnets: ["s-2", "s-1"],
    });
  });

  test("have a disk of 20 GB, or of another whole number", () => {
    expect(ec2SettingsOf(ec2).diskGb).toBe(20);
    expect(ec2SettingsOf({ ...ec2, DEFERRED_EC2_DISK_GB: "100" }).diskGb).toBe(100);
    for (const wrong of ["0", "7.5", "20GB", "20000"]) {
      const read = () => readServerSettings({ ...ec2, DEFERRED_EC2_DISK_GB: wrong });
      expect(read, wrong).toThrow(/DEFERRED_EC2_DISK_GB has to be a whole number from 1 to 16384/);
    }
  });

  test("may come from a launch template, in a version that stays what it is", () => {
    const { DEFERRED_EC2_SECURITY_GROUP: _, ...others } = ec2;
    const by = (template: string) =>
      ec2SettingsOf({ ...others, DEFERRED_EC2_LAUNCH_TEMPLATE: template }).launchTemplate;
    expect(by("lt-0123456789abcdef0:3")).toEqual({ id: "lt-0123456789abcdef0", version: "3" });
    for (const wrong of ["lt-0123456789abcdef0", "lt-0123456789abcdef0:$Latest", "3"]) {
      expect(() => by(wrong), wrong).toThrow(/DEFERRED_EC2_LAUNCH_TEMPLATE has to be an id and/);
    }
  });

  test("have no spare one, unless that is asked for and they are stopped when idle", () => {
    expect(ec2SettingsOf(ec2).spare).toBe(0);
    const spare = { ...ec2, DEFERRED_EC2_SPARE: "1" };
    expect(ec2SettingsOf(spare).spare).toBe(1);
    for (const without of [
      { DEFERRED_EC2_LIFECYCLE: "ephemeral" },
      { DEFERRED_EC2_MARKET: "spot" },
    ]) {
      expect(() => readServerSettings({ ...spare, ...without })).toThrow(
        /DEFERRED_EC2_SPARE needs/,
      );
    }
  });

  test("have runtimes that exist, and Node for another architecture only with its digest", () => {
    expect(() => readServerSettings({ ...ec2, DEFERRED_EC2_RUNTIMES: "cobol" })).toThrow(/cobol/);
    const url = { DEFERRED_EC2_NODE_URL: "https://node.example/node.tar.gz" };
    expect(() => readServerSettings({ ...ec2, ...url })).toThrow(/DEFERRED_EC2_NODE_SHA256/);
  });
});
