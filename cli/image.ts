import { bake as bakeImage } from "../server/providers/ec2/account/bake/bake.ts";
import { BAKE_ACTIONS, BakeError } from "../server/providers/ec2/account/bake/bake-error.ts";
import { readBakeSettings } from "../server/providers/ec2/account/bake/settings.ts";
import { bakeUserData } from "../server/providers/cloud-init/user-data.ts";
import { RUNTIMES, type RuntimeName } from "../protocol/runtimes.ts";
import type { Ec2Settings } from "../server/providers/ec2/settings.ts";
import { settingsOrExplain } from "./author.ts";
import { CliError } from "./cli-error.ts";
import type { Arguments, Command } from "./command.ts";
import { confirm } from "./confirm.ts";
import { print, tell } from "./print.ts";
import { untilStopped } from "./stop-signals.ts";
import type { Group } from "./tree.ts";

/** Four to a line, so that the help fits a terminal. */
function inLines(actions: readonly string[]): string {
  const lines = [];
  for (let at = 0; at < actions.length; at += 4) lines.push(actions.slice(at, at + 4).join(", "));
  return lines.join(",\n");
}

const bake: Command = {
  name: "image bake",
  usage: "[options]",
  summary: "Make an image on which a machine's set-up is done already.",
  details: [
    "It starts a machine from the image that the server launches, which sets itself up from the server, keeps nothing\n" +
      "that only one machine may have, and powers off; then it makes an image of it and terminates it. Its disk is\n" +
      "encrypted as machines' disks are. The server has to run, with DEFERRED_COMPUTE=ec2. docs/machines.md says more.",
    `It needs credentials of the person who prepares the account, as the server's own policy does not allow it:\n${inLines(BAKE_ACTIONS)}.`,
    "Settings are the server's own environment variables; options go before them.",
  ],
  options: {
    url: { type: "string", value: "URL", help: "The server's https address (DEFERRED_URL)" },
    region: { type: "string", value: "REGION", help: "Such as eu-west-1 (AWS_REGION)" },
    image: {
      type: "string",
      value: "IMAGE",
      help: "What to begin with, such as debian-13 (DEFERRED_EC2_AMI)",
    },
    runtimes: {
      type: "string",
      value: "NAMES",
      help: "What it is to have, such as python,ruby (DEFERRED_EC2_RUNTIMES)",
    },
    type: {
      type: "string",
      value: "TYPE",
      help: "Machine that bakes (first of DEFERRED_EC2_TYPES)",
    },
    subnet: { type: "string", value: "ID", help: "Where it is (first of DEFERRED_EC2_SUBNETS)" },
    "security-group": {
      type: "string",
      value: "ID",
      help: "Its group (DEFERRED_EC2_SECURITY_GROUP)",
    },
    yes: { type: "boolean", help: "Don't ask" },
    "user-data": { type: "boolean", help: "Print what cloud-init gets, and nothing else" },
  },
  examples: [
    "deferred image bake --url https://runner.example --region eu-west-1",
    "DEFERRED_EC2_AMI='self:deferred-*' deferred serve",
  ],
  async run(args) {
    args.none();
    const { url, ec2, userData } = askedOf(args);
    if (args.flag("user-data")) {
      print(...userData.trimEnd().split("\n"));
      return;
    }
    tell(
      `A ${ec2.types[0]} in ${ec2.region} sets itself up from ${ec2.image}, for some minutes; the image stays.`,
    );
    if (!args.flag("yes")) {
      await confirm("Go on?", { doing: "baking", undone: "nothing was made" });
    }
    const stopping = new AbortController();
    void untilStopped().then(() => stopping.abort());
    try {
      const { image } = await bakeImage({ ec2, url, userData, tell, signal: stopping.signal });
      print(image);
      tell(
        "",
        "Start the server with DEFERRED_EC2_AMI='self:deferred-*', which is the newest of them.",
      );
    } catch (error) {
      throw explained(error, stopping.signal);
    }
  },
};

export const image: Group = {
  name: "image",
  summary: "Make an image on which a machine's set-up is done already.",
  commands: [{ name: "bake", summary: "Make it", load: async () => bake }],
  examples: bake.examples,
};

interface Asked {
  url: string;
  ec2: Ec2Settings;
  userData: string;
}

function askedOf(args: Arguments): Asked {
  const variables = {
    DEFERRED_URL: args.text("url"),
    AWS_REGION: args.text("region"),
    DEFERRED_EC2_AMI: args.text("image"),
    DEFERRED_EC2_RUNTIMES: args.text("runtimes"),
    DEFERRED_EC2_TYPES: args.text("type"),
    DEFERRED_EC2_SUBNETS: args.text("subnet"),
    DEFERRED_EC2_SECURITY_GROUP: args.text("security-group"),
  };
  const given = Object.entries(variables).filter(([, value]) => value !== undefined);
  const env = { ...process.env, ...Object.fromEntries(given) };
  const { url, ec2 } = settingsOrExplain(() => readBakeSettings(env));
  if (!url?.startsWith("https:")) {
    throw new CliError("the machine that bakes has to reach the server by https", {
      hint: "name the server's address with --url or DEFERRED_URL",
    });
  }
  if (!ec2.region) {
    throw new CliError("there is no region", { hint: "name it with --region or AWS_REGION" });
  }
  return { url, ec2, userData: bakeUserData(url, inOrder(ec2.runtimes)) };
}

/** What a person is told where no image was made. */
function explained(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) {
    return new CliError("it was stopped, and its machine is terminated", { hint: "begin again" });
  }
  if (error instanceof BakeError) {
    for (const line of error.lines) tell(line);
    return new CliError(error.message, { hint: error.hint, cause: error });
  }
  return error;
}

function inOrder(runtimes: readonly RuntimeName[]): RuntimeName[] {
  return RUNTIMES.filter((runtime) => runtimes.includes(runtime));
}
