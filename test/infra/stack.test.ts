import { describe, expect, test } from "vitest";
import { readServerSettings } from "../../server/main.ts";
import { ec2SettingsOf } from "../server/providers/opened.ts";
import { mistakesOf, schemaOf } from "./schema.ts";
import { stackWith, TEMPLATE, TEMPLATE_TEXT } from "./stack.ts";

const KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const VARIANTS: Record<string, Record<string, string>> = {
  "as it is": {},
  "everything in it": {
    BucketName: "results-of-mine",
    KmsKeyArn: KEY,
    MakeNetwork: "yes",
    MakeSpotRole: "yes",
    Market: "spot",
    Lifecycle: "ephemeral",
    MonthlyUsd: "20",
    AlarmMail: "me@example.org",
    PermissionsBoundary: "arn:aws:iam::123456789012:policy/boundary",
    ServerPort: "8443",
    Image: "self:deferred-*",
  },
  "a role and a public bucket": { Principal: "role", Results: "bucket", DoctorReads: "no" },
  "machines alone": { Results: "none", SweepHours: "0", Vpc: "vpc-0aaaaaaaaaaaaaaaa" },
  "files alone": { Machines: "no", Principal: "none" },
};

describe.each(Object.entries(VARIANTS))("the stack with %s", (_, parameters) => {
  const { resources, made, outputs } = stackWith(parameters);

  test("keeps to AWS's own schema of every resource", () => {
    expect(Object.values(resources).flatMap(mistakesOf)).toEqual([]);
  });

  test("asks resources for attributes that they have", () => {
    for (const [logicalId, { attributes }] of made) {
      const known = Object.keys(schemaOf(resources[logicalId]!.Type)!.attributes);
      for (const name of Object.keys(attributes)) expect(known).toContain(name);
    }
  });

  test("fits into IAM, and allows no action by a star", () => {
    for (const name of ["MachinesPolicy", "FilesPolicy", "DoctorPolicy"]) {
      const document = resources[name]?.Properties?.["PolicyDocument"] as {
        Statement: { Sid: string; Action: string[]; Resource: unknown }[];
      };
      if (!document) continue;
      // What a managed policy may have, blanks not counted.
      expect(JSON.stringify(document).length).toBeLessThan(6144);
      for (const { Sid, Action, Resource } of document.Statement) {
        for (const action of Action) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z0-9]+$/);
        if (!Sid.endsWith("ooks") && Sid !== "Look") expect(Resource).not.toBe("*");
      }
      const sids = document.Statement.map(({ Sid }) => Sid);
      expect(new Set(sids).size).toBe(sids.length);
    }
  });

  test("gives no secret away, and the server variables that it takes", () => {
    expect(Object.values(resources).map(({ Type }) => Type)).not.toContain("AWS::IAM::AccessKey");
    const lines = outputs["Environment"]!.split("\n").map((line) => line.split(/=(.*)/s));
    const environment = Object.fromEntries(lines.map(([name, value]) => [name, value]));
    const settings = readServerSettings(environment);
    const wanted = { ...defaults(), ...parameters };
    expect(settings.storage).toBe(wanted["Results"] === "none" ? "fs" : "s3");
    expect(settings.provider.name).toBe(wanted["Machines"] === "no" ? "local" : "ec2");
    if (settings.provider.name === "ec2") {
      expect(ec2SettingsOf(environment)).toMatchObject({
        image: wanted["Image"],
        types: wanted["InstanceTypes"]!.split(","),
        diskGb: Number(wanted["DiskGiB"]),
        market: wanted["Market"],
        lifecycle: wanted["Lifecycle"],
        launchTemplate: { id: made.get("LaunchTemplate")!.id, version: "1" },
        securityGroup: made.get("SecurityGroup")!.id,
      });
    }
  });
});

const defaults = () =>
  Object.fromEntries(
    Object.entries(TEMPLATE.Parameters).map(([name, { Default = "" }]) => [name, String(Default)]),
  );

test("what can be sent with a request is not outgrown", () => {
  expect(Buffer.byteLength(TEMPLATE_TEXT)).toBeLessThan(51_200);
});

test("every parameter and every condition is used", () => {
  const { Parameters, Conditions, ...rest } = TEMPLATE;
  const text = JSON.stringify({ Conditions, ...rest });
  for (const name of Object.keys(Parameters)) {
    expect(text).toMatch(new RegExp(`"Ref":"${name}"|\\$\\{${name}\\}`));
  }
  for (const name of Object.keys(Conditions)) {
    expect(text).toMatch(new RegExp(`"(Condition":"|Fn::If":\\[")${name}"`));
  }
});

test("a mistake in a resource is seen", () => {
  const wrong = { Type: "AWS::S3::Bucket", Properties: { Bukket: 1, Tags: [{ Name: "x" }] } };
  expect(mistakesOf(wrong)).toEqual([
    "AWS::S3::Bucket has no property Bukket",
    "AWS::S3::Bucket.Tags.0 is no tag",
  ]);
  expect(mistakesOf({ Type: "AWS::EC2::LaunchTemplate" })).toEqual([
    "AWS::EC2::LaunchTemplate needs LaunchTemplateData",
  ]);
});

describe("the bucket", () => {
  const policyOf = (parameters: Record<string, string>) =>
    stackWith(parameters).documentOf("BucketPolicy")!.Statement;

  test("is private behind the CDN, which alone may read results", () => {
    const { resources, made, documentOf } = stackWith();
    expect(resources["Bucket"]!.Properties!["PublicAccessBlockConfiguration"]).toEqual({
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    });
    const [read, tls] = documentOf("BucketPolicy")!.Statement;
    expect(read).toMatchObject({
      Principal: { Service: "cloudfront.amazonaws.com" },
      Action: ["s3:GetObject"],
      Resource: `${made.get("Bucket")!.attributes["Arn"]}/results/*`,
      Condition: {
        StringEquals: {
          "AWS:SourceArn": "arn:aws:cloudfront::123456789012:distribution/E1DEFERREDTEST",
        },
      },
    });
    expect(tls).toMatchObject({ Effect: "Deny", Principal: "*" });
  });

  test("is read by everybody under results/ where that is chosen", () => {
    const [read] = policyOf({ Results: "bucket" });
    expect(read).toMatchObject({ Effect: "Allow", Principal: "*", Action: ["s3:GetObject"] });
    expect(read!.Resource).toMatch(/\/results\/\*$/);
    expect(read).not.toHaveProperty("Condition");
  });

  test("removes files a day after the server does", () => {
    const { resources } = stackWith({ RetentionDays: "365", LifecycleDays: "366" });
    const { Rules } = resources["Bucket"]!.Properties!["LifecycleConfiguration"] as {
      Rules: { Prefix?: string; ExpirationInDays?: string }[];
    };
    expect(Rules.map(({ Prefix, ExpirationInDays }) => [Prefix, ExpirationInDays])).toEqual([
      ["results/", "366"],
      ["private/", "366"],
      [undefined, undefined],
    ]);
  });
});

test.each([
  [{}, [443, 80, 22]],
  [{ GitOverSsh: "no" }, [443, 80]],
  [{ ServerPort: "8443" }, [443, 80, 22, 8443]],
  [{ ServerPort: "22" }, [443, 80, 22]],
])(
  "machines of %j get out to ports %j of both kinds of address, and nothing comes in",
  (parameters, ports) => {
    const { store, made } = stackWith(parameters);
    const { rules } = store.securityGroups.get(made.get("SecurityGroup")!.id)!;
    expect(rules!.inbound).toEqual([]);
    const out = rules!.outbound.map(({ from, peer }) => [from, peer]);
    expect(out).toEqual(
      ports.flatMap((port) => [
        [port, "0.0.0.0/0"],
        [port, "::/0"],
      ]),
    );
  },
);
