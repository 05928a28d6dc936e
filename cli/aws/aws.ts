import type { Arguments, Command, Option } from "../command.ts";
import { print } from "../print.ts";
import type { Group } from "../tree.ts";
import type { Prepared } from "./prepare.ts";

const WHERE: Record<string, Option> = {
  url: { type: "string", value: "URL", help: "The server's https address (DEFERRED_URL)" },
  region: { type: "string", value: "REGION", help: "Such as eu-west-1 (AWS_REGION)" },
};
const STACK: Record<string, Option> = {
  stack: { type: "string", value: "NAME", help: "The stack; deferred- and the server's host" },
};
const MACHINES: Record<string, Option> = {
  types: { type: "string", value: "TYPES", help: "Machine types (DEFERRED_EC2_TYPES)" },
  image: { type: "string", value: "IMAGE", help: "What they boot (DEFERRED_EC2_AMI)" },
  subnets: { type: "string", value: "IDS", help: "Where they are (DEFERRED_EC2_SUBNETS)" },
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
    options: { ...WHERE, ...options },
    examples,
    async run(args: Arguments) {
      args.none();
      const { prepare } = await import("./prepare.ts");
      return (await load())(prepare(args, process.env));
    },
  };
  return { name, summary, load: async () => command };
}

const template: Command = {
  name: "aws template",
  usage: "",
  summary: "Print the CloudFormation template.",
  options: {},
  examples: ["deferred aws template > stack.yaml"],
  async run(args: Arguments) {
    args.none();
    const { stackTemplate } = await import("../layout.ts");
    print(...stackTemplate().trimEnd().split("\n"));
  },
};

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
      "setup",
      "Make or update the server's stack, after showing what would change",
      {
        options: {
          ...STACK,
          ...MACHINES,
          set: {
            type: "string",
            value: "NAME=VALUE",
            multiple: true,
            help: "A parameter of the stack, such as MakeNetwork=yes; docs/aws.md lists them",
          },
          "dry-run": { type: "boolean", help: "Show what would change, and change nothing" },
          yes,
        },
        examples: ["deferred aws setup --url https://runner.example --region eu-west-1"],
      },
      async () => (await import("./setup.ts")).setup,
    ),
    { name: "template", summary: "Print the CloudFormation template", load: async () => template },
    verb(
      "doctor",
      "Try what the server will need, with the server's own credentials",
      { options: { ...MACHINES, json }, examples: ["deferred aws doctor --json"] },
      async () => (await import("./doctor.ts")).doctor,
    ),
    verb(
      "teardown",
      "Terminate the server's machines and delete its stack; results stay",
      { options: { ...STACK, yes }, examples: ["deferred aws teardown"] },
      async () => (await import("./teardown.ts")).teardown,
    ),
  ],
  examples: [
    "deferred aws setup --url https://runner.example --region eu-west-1",
    "deferred aws doctor",
  ],
};
