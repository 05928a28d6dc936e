import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import {
  bake,
  BAKE_ACTIONS,
  BakeError,
  bakeUserData,
  type Ec2Settings,
  readBakeSettings,
} from "../../server/providers/ec2/account/index.ts";
import { RUNTIMES } from "../../protocol/runtimes.ts";
import { explainSettings } from "../api/author.ts";
import { CliError } from "../errors/cli-error.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { YES } from "../command/options.ts";
import { confirm } from "../terminal/confirm.ts";
import { print, tell } from "../terminal/print.ts";
import { onStopSignal } from "../terminal/stop-signals.ts";

export function image(command: Command): CommandUnknownOpts {
  return command
    .addCommand(bakeCommand())
    .addHelpText("after", examples("deferred image bake --url https://runner.example"));
}

function bakeCommand(): CommandUnknownOpts {
  return createCommand("bake", "Make an image on which a machine's set-up is done already")
    .description(
      [
        "It starts a machine from the image that the server launches. The machine sets itself up from the server, " +
          "removes what belongs to one machine only, and powers off; then an image is made of it and it is terminated. " +
          "Its disk is encrypted as machines' disks are. The server has to run, with DEFERRED_COMPUTE=ec2. " +
          "docs/machines.md says more.",
        "It needs credentials of the person who prepares the account, as the server's own policy does not allow it: " +
          `${BAKE_ACTIONS.join(", ")}.`,
        "Settings are the server's own environment variables; options override them.",
      ].join("\n\n"),
    )
    .option("--url <URL>", "The server's https address (DEFERRED_URL)")
    .option("--region <REGION>", "Such as eu-west-1 (AWS_REGION)")
    .option("--image <IMAGE>", "What to begin with, such as debian-13 (DEFERRED_EC2_AMI)")
    .option("--runtimes <NAMES>", "Its runtimes, such as python,ruby (DEFERRED_EC2_RUNTIMES)")
    .option("--type <TYPE>", "Machine that bakes (first of DEFERRED_EC2_TYPES)")
    .option("--subnet <ID>", "Where it is (first of DEFERRED_EC2_SUBNETS)")
    .option("--security-group <ID>", "Its group (DEFERRED_EC2_SECURITY_GROUP)")
    .option(...YES)
    .option("--user-data", "Print what cloud-init gets, and nothing else")
    .addHelpText(
      "after",
      examples(
        "deferred image bake --url https://runner.example --region eu-west-1",
        "DEFERRED_EC2_AMI='self:deferred-*' deferred serve",
      ),
    )
    .action(async (options) => {
      const { url, ec2, userData } = readRequest(options);
      if (options.userData) return print(...userData.trimEnd().split("\n"));
      tell(
        `A ${ec2.types[0]} in ${ec2.region} sets itself up from ${ec2.image}, for some minutes; the image stays.`,
      );
      if (!options.yes) {
        await confirm("Go on?", { doing: "baking", undone: "nothing was made" });
      }
      const stopping = new AbortController();
      const stopListening = onStopSignal(() => stopping.abort());
      try {
        print((await bake({ ec2, url, userData, tell, signal: stopping.signal })).image);
        tell(
          "",
          "Start the server with DEFERRED_EC2_AMI='self:deferred-*', which is the newest of them.",
        );
      } catch (error) {
        throw explainFailure(error, stopping.signal);
      } finally {
        stopListening();
      }
    });
}

interface BakeOptions {
  url?: string | undefined;
  region?: string | undefined;
  image?: string | undefined;
  runtimes?: string | undefined;
  type?: string | undefined;
  subnet?: string | undefined;
  securityGroup?: string | undefined;
}

interface BakeRequest {
  url: string;
  ec2: Ec2Settings;
  userData: string;
}

function readRequest(options: BakeOptions): BakeRequest {
  const variables = {
    DEFERRED_URL: options.url,
    AWS_REGION: options.region,
    DEFERRED_EC2_AMI: options.image,
    DEFERRED_EC2_RUNTIMES: options.runtimes,
    DEFERRED_EC2_TYPES: options.type,
    DEFERRED_EC2_SUBNETS: options.subnet,
    DEFERRED_EC2_SECURITY_GROUP: options.securityGroup,
  };
  const given = Object.entries(variables).filter(([, value]) => value !== undefined);
  const { url, ec2 } = explainSettings(() =>
    readBakeSettings({ ...process.env, ...Object.fromEntries(given) }),
  );
  if (!url?.startsWith("https:")) {
    throw new CliError("the machine that bakes has to reach the server by https", {
      hint: "name the server's address with --url or DEFERRED_URL",
    });
  }
  if (!ec2.region) {
    throw new CliError("there is no region", { hint: "name it with --region or AWS_REGION" });
  }
  const runtimes = RUNTIMES.filter((runtime) => ec2.runtimes.includes(runtime));
  return { url, ec2, userData: bakeUserData(url, runtimes) };
}

/** The error for a person if no image was made. */
function explainFailure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) {
    return new CliError("it was stopped, and its machine is terminated", { hint: "begin again" });
  }
  if (error instanceof BakeError) {
    for (const line of error.lines) tell(line);
    return new CliError(error.message, { hint: error.hint, cause: error });
  }
  return error;
}
