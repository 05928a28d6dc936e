import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { collect, JSON_OUTPUT, YES } from "../command/options.ts";
import { packageFile } from "../layout.ts";
import { print } from "../terminal/print.ts";
import type { Prepared, TargetOptions } from "./prepare.ts";

const STACK = ["--stack <NAME>", "The stack (default: deferred- and the server's host)"] as const;

export function aws(command: Command): CommandUnknownOpts {
  return command
    .description(
      "Settings are the server's own environment variables; options override them. Credentials are found as " +
        "AWS's tools find them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, the host's role. " +
        "docs/aws.md leads from an empty account to the first run.",
    )
    .addCommand(setup())
    .addCommand(template())
    .addCommand(doctor())
    .addCommand(teardown())
    .addHelpText(
      "after",
      examples(
        "deferred aws setup --url https://runner.example --region eu-west-1",
        "deferred aws doctor",
      ),
    );
}

function setup(): CommandUnknownOpts {
  const command = createCommand(
    "setup",
    "Make or update the server's stack, after showing what would change",
  );
  return withMachines(withTarget(command))
    .option(...STACK)
    .option(
      "--set <NAME=VALUE>",
      "A parameter of the stack, such as MakeNetwork=yes; docs/aws.md lists them",
      collect,
    )
    .option("--dry-run", "Show what would change, and change nothing")
    .option(...YES)
    .addHelpText(
      "after",
      examples("deferred aws setup --url https://runner.example --region eu-west-1"),
    )
    .action(async (options) => {
      const { setupStack } = await import("./setup.ts");
      await setupStack(await prepare(options), options);
    });
}

function template(): CommandUnknownOpts {
  return createCommand("template", "Print the CloudFormation template")
    .addHelpText("after", examples("deferred aws template > stack.yaml"))
    .action(() => print(...packageFile("infra/stack.yaml").trimEnd().split("\n")));
}

function doctor(): CommandUnknownOpts {
  const command = createCommand(
    "doctor",
    "Try what the server will need, with the server's own credentials",
  );
  return withMachines(withTarget(command))
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred aws doctor --json"))
    .action(async ({ json = false, ...options }) => {
      const { checkAccount } = await import("./doctor.ts");
      process.exitCode = await checkAccount(await prepare(options), json);
    });
}

function teardown(): CommandUnknownOpts {
  const command = createCommand(
    "teardown",
    "Terminate the server's machines and delete its stack; results stay",
  );
  return withTarget(command)
    .option(...STACK)
    .option(...YES)
    .addHelpText("after", examples("deferred aws teardown"))
    .action(async (options) => {
      const { teardownStack } = await import("./teardown.ts");
      await teardownStack(await prepare(options), options.yes ?? false);
    });
}

/** The AWS SDK is loaded only by a command that calls it. */
async function prepare(options: TargetOptions): Promise<Prepared> {
  return (await import("./prepare.ts")).prepare(options, process.env);
}

function withTarget(command: Command) {
  return command
    .option("--url <URL>", "The server's https address (DEFERRED_URL)")
    .option("--region <REGION>", "Such as eu-west-1 (AWS_REGION)");
}

function withMachines<Options extends Record<string, unknown>>(command: Command<[], Options>) {
  return command
    .option("--types <TYPES>", "Machine types (DEFERRED_EC2_TYPES)")
    .option("--image <IMAGE>", "What they boot (DEFERRED_EC2_AMI)")
    .option("--subnets <IDS>", "Where they are (DEFERRED_EC2_SUBNETS)")
    .option("--market <MARKET>", "on-demand or spot (DEFERRED_EC2_MARKET)")
    .option("--lifecycle <LIFE>", "warm or ephemeral (DEFERRED_EC2_LIFECYCLE)");
}
