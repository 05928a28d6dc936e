import type { Arguments, Command, Option } from "../command.ts";
import type { Group } from "../tree.ts";
import type { Prepared } from "./prepare.ts";

const SETTINGS: Record<string, Option> = {
  url: { type: "string", value: "URL", help: "The server's https address (DEFERRED_URL)" },
  region: { type: "string", value: "REGION", help: "Such as eu-west-1 (AWS_REGION)" },
  bucket: { type: "string", value: "NAME", help: "For results (DEFERRED_S3_BUCKET)" },
  types: { type: "string", value: "TYPES", help: "Machine types (DEFERRED_EC2_TYPES)" },
  image: { type: "string", value: "IMAGE", help: "What they boot (DEFERRED_EC2_AMI)" },
  subnets: { type: "string", value: "IDS", help: "Where they are (DEFERRED_EC2_SUBNETS)" },
  "security-group": {
    type: "string",
    value: "ID",
    help: "One of your own (DEFERRED_EC2_SECURITY_GROUP)",
  },
  market: { type: "string", value: "MARKET", help: "on-demand or spot (DEFERRED_EC2_MARKET)" },
  lifecycle: {
    type: "string",
    value: "LIFE",
    help: "warm or ephemeral (DEFERRED_EC2_LIFECYCLE)",
  },
};
const yes: Option = { type: "boolean", help: "Do not ask" };
const json: Option = { type: "boolean", help: "As JSON" };

/** Credentials are found as AWS's own tools find them; what is done with them is loaded when it is called. */
function verb(
  name: string,
  summary: string,
  { options, examples }: Pick<Command, "options" | "examples">,
  load: () => Promise<(prepared: Prepared) => Promise<number | void>>,
): Group["commands"][number] {
  const command: Command = {
    name: `aws ${name}`,
    usage: "[options]",
    summary: `${summary}.`,
    options: { ...SETTINGS, ...options },
    examples,
    async run(args: Arguments) {
      args.none();
      const { prepare } = await import("./prepare.ts");
      return (await load())(prepare(args, process.env));
    },
  };
  return { name, summary, load: async () => command };
}

export const aws: Group = {
  name: "aws",
  summary: "Prepare an AWS account for the server, check it, and leave it again.",
  details: [
    "Settings are the server's own environment variables; options go before them. Credentials are found as\n" +
      "AWS's tools find them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, the host's role.\n" +
      "docs/aws.md leads from an empty account to the first run.",
  ],
  commands: [
    verb(
      "plan",
      "Print what would be made, and the least that the server has to be allowed",
      {
        options: {
          fleet: {
            type: "string",
            value: "ID",
            help: "Narrow the policy to this fleet's machines",
          },
          json,
        },
        examples: ["deferred aws plan --url https://runner.example --region eu-west-1"],
      },
      async () => (await import("./plan.ts")).plan,
    ),
    verb(
      "setup",
      "Make it, or put it right; what is there stays",
      {
        options: {
          "adopt-bucket": { type: "boolean", help: "Take a bucket that holds files already" },
          yes,
        },
        examples: ["deferred aws setup"],
      },
      async () => (await import("./setup.ts")).setup,
    ),
    verb(
      "doctor",
      "Try what the server will need, with the server's own credentials",
      { options: { json }, examples: ["deferred aws doctor --json"] },
      async () => (await import("./doctor.ts")).doctor,
    ),
    verb(
      "teardown",
      "Remove machines and security group; results only with --delete-results",
      {
        options: {
          "delete-results": { type: "boolean", help: "The bucket too, with all results" },
          yes,
        },
        examples: ["deferred aws teardown --delete-results"],
      },
      async () => (await import("./teardown.ts")).teardown,
    ),
  ],
  examples: [
    "deferred aws plan --url https://runner.example --region eu-west-1",
    "deferred aws setup",
  ],
};
