import type { Command } from "../command.ts";
import type { Prepared } from "./prepare.ts";

/** Each is loaded when it is called: the SDK takes its time, and the help needs none of it. */
const VERBS: Record<string, () => Promise<(prepared: Prepared) => Promise<number | void>>> = {
  plan: async () => (await import("./plan.ts")).plan,
  setup: async () => (await import("./setup.ts")).setup,
  doctor: async () => (await import("./doctor.ts")).doctor,
  teardown: async () => (await import("./teardown.ts")).teardown,
};

export const aws: Command = {
  name: "aws",
  usage: "plan | setup | doctor | teardown [options]",
  summary: "Prepare an AWS account for the server, check it, and leave it again.",
  details: [
    "plan      prints what would be made, and the policy with the least that the server has to be allowed\n" +
      "setup     makes it, or puts it right; what is there stays\n" +
      "doctor    tries what the server will need, with the server's own credentials\n" +
      "teardown  removes machines and security group; results only with --delete-results",
    "Settings are the server's own environment variables; options go before them. Credentials are found as\n" +
      "AWS's tools find them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, the host's role.\n" +
      "docs/aws.md leads from an empty account to the first run.",
  ],
  options: {
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
    fleet: {
      type: "string",
      value: "ID",
      help: "plan: narrow the policy to this fleet's machines",
    },
    "adopt-bucket": { type: "boolean", help: "setup: take a bucket that holds files already" },
    "delete-results": { type: "boolean", help: "teardown: the bucket too, with all results" },
    yes: { type: "boolean", help: "Do not ask" },
    json: { type: "boolean", help: "plan, doctor: as JSON" },
  },
  examples: [
    "deferred aws plan --url https://runner.example --region eu-west-1",
    "deferred aws setup",
    "deferred aws doctor --json",
    "deferred aws teardown --delete-results",
  ],
  async run(args) {
    const [verb = "", more] = args.positionals;
    const load = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
    if (!load) throw args.wrong("aws needs plan, setup, doctor or teardown");
    if (more !== undefined) throw args.wrong(`"${more}" is one argument too many`);
    const { prepare } = await import("./prepare.ts");
    return (await load())(prepare(args, process.env));
  },
};
