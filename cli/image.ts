import { RUNTIMES, type RuntimeName } from "../protocol/runtimes.ts";
import { bakeUserData } from "../server/machine/user-data.ts";
import { settingsOrExplain } from "./author.ts";
import { CliError } from "./cli-error.ts";
import type { Arguments, Command } from "./command.ts";
import type { Group } from "./tree.ts";
import { programOutput } from "./print.ts";

/** Debian's own account, and how it names its images. */
const DEBIAN = { owner: "136693071363", name: "debian-13" };

/** How the machine that bakes ends on its console: as clean.sh and set-up.py say it. */
const DONE = "ready to be an image";
const FAILED = "the set-up failed";

const bake: Command = {
  name: "image bake",
  usage: "[options]",
  summary: "Print how to bake an image on which a machine's set-up is done already.",
  details: [
    "What it prints is a shell script for the AWS command line: it starts a machine that sets itself up from the\n" +
      "server, keeps nothing that only one machine may have, and powers off; then it makes an image of it and\n" +
      "terminates it. The server has to run, with DEFERRED_COMPUTE=ec2. docs/machines.md says more.",
    "Settings are the server's own environment variables; options go before them.",
  ],
  options: {
    url: { type: "string", value: "URL", help: "The server's https address (DEFERRED_URL)" },
    region: { type: "string", value: "REGION", help: "Such as eu-west-1 (AWS_REGION)" },
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
    arch: { type: "string", value: "ARCH", help: "amd64 (default) or arm64: the type's own" },
    subnet: { type: "string", value: "ID", help: "Where it is (first of DEFERRED_EC2_SUBNETS)" },
    "security-group": {
      type: "string",
      value: "ID",
      help: "Its group (DEFERRED_EC2_SECURITY_GROUP)",
    },
    "user-data": { type: "boolean", help: "Print what cloud-init gets, and nothing else" },
  },
  examples: [
    "deferred image bake --url https://runner.example --region eu-west-1 | sh",
    "DEFERRED_EC2_AMI='self:deferred-*' deferred serve",
  ],
  async run(args) {
    args.none();
    const asked = askedOf(args);
    programOutput("stdout")(asked.printUserData ? asked.userData : script(asked));
  },
};

export const image: Group = {
  name: "image",
  summary: "Print how to bake an image on which a machine's set-up is done already.",
  commands: [{ name: "bake", summary: "Print the script that bakes it", load: async () => bake }],
  examples: bake.examples,
};

interface Asked {
  userData: string;
  printUserData: boolean;
  region: string;
  type: string;
  arch: "amd64" | "arm64";
  /** Where it is started: options of `run-instances`. */
  network: string[];
}

function askedOf(args: Arguments): Asked {
  const variables = {
    DEFERRED_URL: args.text("url"),
    AWS_REGION: args.text("region"),
    DEFERRED_EC2_RUNTIMES: args.text("runtimes"),
    DEFERRED_EC2_TYPES: args.text("type"),
    DEFERRED_EC2_SUBNETS: args.text("subnet"),
    DEFERRED_EC2_SECURITY_GROUP: args.text("security-group"),
  };
  const given = Object.entries(variables).filter(([, value]) => value !== undefined);
  const { url, ec2 } = settingsOrExplain({ ...process.env, ...Object.fromEntries(given) });
  if (!url?.startsWith("https:")) {
    throw new CliError("the machine that bakes has to reach the server by https", {
      hint: "name the server's address with --url or DEFERRED_URL",
    });
  }
  if (!ec2.region) {
    throw new CliError("there is no region", { hint: "name it with --region or AWS_REGION" });
  }
  const [subnet] = ec2.subnets;
  return {
    userData: bakeUserData(url, inOrder(ec2.runtimes)),
    printUserData: args.flag("user-data"),
    region: ec2.region,
    type: ec2.types[0]!,
    arch: args.choice("arch", ["amd64", "arm64"]),
    network: [
      ...(ec2.securityGroup ? [`--security-group-ids ${quoted(ec2.securityGroup)}`] : []),
      ...(subnet ? [`--subnet-id ${quoted(subnet)}`] : []),
    ],
  };
}

function inOrder(runtimes: readonly RuntimeName[]): RuntimeName[] {
  return RUNTIMES.filter((runtime) => runtimes.includes(runtime));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function script({ userData, region, type, arch, network }: Asked): string {
  const run = [
    "aws ec2 run-instances",
    '--image-id "$image"',
    `--instance-type ${quoted(type)}`,
    ...network,
    '--user-data "file://$folder/user-data"',
    "--instance-initiated-shutdown-behavior stop",
    "--metadata-options HttpTokens=required,HttpPutResponseHopLimit=1",
    "--tag-specifications 'ResourceType=instance,Tags=[{Key=Name,Value=deferred-bake}]'",
    "--query 'Instances[0].InstanceId' --output text",
  ];
  return `#!/bin/sh
# Bakes an image for Deferred Runner's machines. It takes about five minutes, may be run again, and leaves
# nothing but the image, or nothing where it failed.
set -eu

bake() {
  export AWS_REGION=${quoted(region)} AWS_PAGER=
  machine=
  folder=$(mktemp -d)
  trap clean_up EXIT
  trap 'exit 1' HUP INT TERM
  user_data >"$folder/user-data"

  image=$(aws ec2 describe-images --owners ${DEBIAN.owner} \\
    --filters 'Name=name,Values=${DEBIAN.name}-${arch}-*' Name=state,Values=available \\
    --query 'sort_by(Images,&CreationDate)[-1].ImageId' --output text)
  case $image in
    ami-*) ;;
    *) fail "there is no image called ${DEBIAN.name}-${arch}-* in $AWS_REGION" ;;
  esac
  machine=$(${run.join(" \\\n    ")})
  echo "baking $image on $machine"

  # It powers itself off when every step is done, and also where one failed. A wait ends after ten minutes.
  wait_for instance-stopped --instance-ids "$machine" || fail "$machine does not come to an end"
  said=
  # What a machine said is known some time after it stopped.
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    said=$(aws ec2 get-console-output --instance-id "$machine" --query Output --output text)
    case $said in
      *'${DONE}'* | *'${FAILED}'*) break ;;
    esac
    sleep 15
  done
  case $said in
    *'${DONE}'*) ;;
    *)
      printf '%s\\n' "$said" | tail -n 30 >&2
      fail "the set-up did not end well: see above"
      ;;
  esac

  baked=$(aws ec2 create-image --instance-id "$machine" \\
    --name "deferred-$(date -u +%Y%m%d-%H%M%S)" --query ImageId --output text)
  wait_for image-available --image-ids "$baked" || fail "$baked is not available yet"
  echo "made $baked; start the server with DEFERRED_EC2_AMI='self:deferred-*'"
}

wait_for() {
  aws ec2 wait "$@" || aws ec2 wait "$@"
}

fail() {
  echo "error: $1" >&2
  exit 1
}

clean_up() {
  rm -rf "$folder"
  test -z "$machine" || aws ec2 terminate-instances --instance-ids "$machine" >/dev/null ||
    echo "error: $machine is still there: terminate it" >&2
}

user_data() {
  cat <<'END-OF-USER-DATA'
${userData}END-OF-USER-DATA
}

# Called when all of it has been read: what is cut off on its way here does nothing.
bake </dev/null
`;
}
