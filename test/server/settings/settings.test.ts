import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { readSettings, type SettingsError } from "../../../server/settings/settings.ts";

test("every setting has a default", () => {
  expect(readSettings({})).toMatchObject({
    host: "127.0.0.1",
    port: 8080,
    data: resolve("data"),
    url: undefined,
    idleS: 300,
    compute: "local",
    storage: "fs",
    trustProxy: false,
  });
});

test("all mistakes are reported at once, each with its variable", () => {
  try {
    readSettings({
      PORT: "http",
      DEFERRED_URL: "runner.example",
      DEFERRED_IDLE_S: "0",
      DEFERRED_COMPUTE: "moon",
      DEFERRED_SECRET: "short",
    });
    expect.unreachable();
  } catch (error) {
    const { mistakes } = error as SettingsError;
    const names = mistakes.map((mistake) => mistake.split(" ")[0]);
    expect(new Set(names)).toEqual(
      new Set(["DEFERRED_COMPUTE", "DEFERRED_IDLE_S", "DEFERRED_SECRET", "DEFERRED_URL", "PORT"]),
    );
  }
});

test("a database that would not be used is refused, not ignored", () => {
  expect(() => readSettings({ DATABASE_URL: "postgres://127.0.0.1/x" })).toThrow(/SQLite/);
});

test("storage on S3 needs its bucket and its region", () => {
  expect(() => readSettings({ DEFERRED_STORAGE: "s3" })).toThrow(
    /DEFERRED_S3_BUCKET[^]*AWS_REGION/,
  );
});

test("a secret is never repeated in a mistake", () => {
  expect(() => readSettings({ DEFERRED_SECRET: "hunter2" })).not.toThrow("hunter2");
  expect(() => readSettings({ DEFERRED_SECRET: "hunter2" })).toThrow("DEFERRED_SECRET");
});

test("URLs are taken as browsers write them, without the slash at their end", () => {
  for (const written of ["https://runner.example/", "HTTPS://Runner.Example:443"]) {
    expect(readSettings({ DEFERRED_URL: written }).url).toBe("https://runner.example");
  }
  expect(() => readSettings({ DEFERRED_URL: "https://runner.example/?a" })).toThrow(/query/);
  for (const [written, why] of [
    [
      "https://runner.example/ci",
      /without "\/ci": the server is not served below a path.*https:\/\/runner\.runner\.example/,
    ],
    ["https://runner.example//", /without "\/\/"/],
    ["https://runner.example/?", /query/],
    ["https://runner.example/#", /fragment/],
    ["https://runner.example#a", /fragment/],
    ["https://me:s3cret@runner.example", /without a user name and a password/],
    ["https://me@runner.example", /without a user name and a password/],
    ["ftp://runner.example", /http or https/],
  ] as const) {
    const read = () => readSettings({ DEFERRED_URL: written });
    expect(read, written).toThrow(why);
    expect(read, written).not.toThrow(/s3cret/);
  }
});

describe("machines on EC2", () => {
  const ec2 = {
    DEFERRED_COMPUTE: "ec2",
    AWS_REGION: "eu-west-1",
    DEFERRED_EC2_SECURITY_GROUP: "sg-1",
    DEFERRED_URL: "https://runner.example",
  };

  test("need a region, a security group and an address to call", () => {
    expect(() => readSettings({ DEFERRED_COMPUTE: "ec2" })).toThrow(
      /AWS_REGION[^]*DEFERRED_EC2_SECURITY_GROUP[^]*DEFERRED_URL/,
    );
  });

  test("are stopped when idle, or terminated where they are spot machines", () => {
    expect(readSettings(ec2).ec2).toMatchObject({ market: "on-demand", lifecycle: "warm" });
    const spot = { ...ec2, DEFERRED_EC2_MARKET: "spot" };
    expect(readSettings(spot).ec2).toMatchObject({ market: "spot", lifecycle: "ephemeral" });
    expect(() => readSettings({ ...spot, DEFERRED_EC2_LIFECYCLE: "warm" })).toThrow(/spot/);
  });

  test("call the server over https, or over loopback", () => {
    const at = (url: string) => () => readSettings({ ...ec2, DEFERRED_URL: url });
    expect(at("http://runner.example")).toThrow(/https/);
    expect(at("http://0.0.0.0:8080")).toThrow(/https/);
    expect(at("http://127.0.0.1:8080")).not.toThrow();
    expect(at("http://[::1]:8080")).not.toThrow();
  });

  test("are of types and in subnets that are tried in the order named", () => {
    const named = { DEFERRED_EC2_TYPES: "c7i.large, t3.small,", DEFERRED_EC2_SUBNETS: "s-2,s-1" };
    expect(readSettings({ ...ec2, ...named }).ec2).toMatchObject({
      types: ["c7i.large", "t3.small"],
      subnets: ["s-2", "s-1"],
    });
  });

  test("have a disk of 20 GB, or of another whole number", () => {
    expect(readSettings(ec2).ec2.diskGb).toBe(20);
    expect(readSettings({ ...ec2, DEFERRED_EC2_DISK_GB: "100" }).ec2.diskGb).toBe(100);
    for (const wrong of ["0", "7.5", "20GB", "20000"]) {
      const read = () => readSettings({ ...ec2, DEFERRED_EC2_DISK_GB: wrong });
      expect(read, wrong).toThrow(/DEFERRED_EC2_DISK_GB has to be a whole number from 1 to 16384/);
    }
  });

  test("may come from a launch template, in a version that stays what it is", () => {
    const { DEFERRED_EC2_SECURITY_GROUP: _, ...others } = ec2;
    const by = (template: string) =>
      readSettings({ ...others, DEFERRED_EC2_LAUNCH_TEMPLATE: template }).ec2.launchTemplate;
    expect(by("lt-0123456789abcdef0:3")).toEqual({ id: "lt-0123456789abcdef0", version: "3" });
    for (const wrong of ["lt-0123456789abcdef0", "lt-0123456789abcdef0:$Latest", "3"]) {
      expect(() => by(wrong), wrong).toThrow(/DEFERRED_EC2_LAUNCH_TEMPLATE has to be an id and/);
    }
  });

  test("have no spare one, unless that is asked for and they are stopped when idle", () => {
    expect(readSettings(ec2).ec2.spare).toBe(0);
    const spare = { ...ec2, DEFERRED_EC2_SPARE: "1" };
    expect(readSettings(spare).ec2.spare).toBe(1);
    for (const without of [
      { DEFERRED_EC2_LIFECYCLE: "ephemeral" },
      { DEFERRED_EC2_MARKET: "spot" },
    ]) {
      expect(() => readSettings({ ...spare, ...without })).toThrow(/DEFERRED_EC2_SPARE needs/);
    }
  });

  test("have runtimes that exist, and Node for another architecture only with its digest", () => {
    expect(() => readSettings({ ...ec2, DEFERRED_EC2_RUNTIMES: "cobol" })).toThrow(/cobol/);
    const url = { DEFERRED_EC2_NODE_URL: "https://node.example/node.tar.gz" };
    expect(() => readSettings({ ...ec2, ...url })).toThrow(/DEFERRED_EC2_NODE_SHA256/);
  });
});

test("a mail server is named by an SMTP URL, whose password no mistake repeats", () => {
  const url = "smtp://runner:s3cret-password@mail.example:587";
  expect(readSettings({ SMTP_URL: url })).toMatchObject({ smtpUrl: url });
  for (const wrong of ["https://u:s3cret-password@mail.example", "mail:s3cret-password", "smtp:"]) {
    expect(() => readSettings({ SMTP_URL: wrong })).toThrow(/^SMTP_URL has to be (?!.*s3cret)/);
  }
});

test.each(["runner@example.org", "Deferred Runner <runner@example.org>", '"A, B" <a@b.org>'])(
  "mails may come from %s",
  (mailFrom) => {
    expect(readSettings({ DEFERRED_MAIL_FROM: mailFrom })).toMatchObject({ mailFrom });
  },
);

test.each(["nobody", "Runner <nobody>", "a@b.org\r\nBcc: c@d.org", "a@b.org, c@d.org"])(
  "mails may not come from %j",
  (from) => {
    expect(() => readSettings({ DEFERRED_MAIL_FROM: from })).toThrow(/DEFERRED_MAIL_FROM/);
  },
);
