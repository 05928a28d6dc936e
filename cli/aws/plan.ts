import { makePlan, type Plan } from "../../server/aws/plan.ts";
import { columns } from "../columns.ts";
import { environmentLines } from "./environment-lines.ts";
import type { Prepared } from "./prepare.ts";
import { hint, note, print, printJson } from "../print.ts";

export async function plan({ args, target, clients }: Prepared): Promise<void> {
  const made = await makePlan(clients, target);
  if (args.flag("json")) {
    printJson(made, 2);
    return;
  }
  print(...words(made).flatMap((line) => line.split("\n")));
  for (const unknown of made.unknown) {
    note(`not looked up: ${unknown.message}`);
    hint(unknown.hint);
  }
}

function words(plan: Plan): string[] {
  const { bucket, security_group: group, launch } = plan;
  const account = plan.account === undefined ? "" : `, account ${plan.account}`;
  return [
    `For ${plan.url} in ${plan.region}${account}`,
    "",
    ...(bucket
      ? [
          `Bucket ${bucket.name}${isThere(bucket.exists)}`,
          ...bucket.settings.map((setting) => `  ${setting}`),
          `  results are read at ${bucket.results_url}`,
          "",
        ]
      : []),
    ...(group
      ? [
          `Security group ${group.id ?? group.name}${isThere(group.id === undefined ? undefined : true)}`,
          "  in: nothing",
          ...group.outbound.map((rule) => `  out: ${rule}`),
          "",
        ]
      : []),
    ...(launch ? [...launchWords(launch), ""] : []),
    "Variables for the server",
    ...environmentLines(plan.environment),
    "",
    "Policy for the server's credentials (the least it needs)",
    JSON.stringify(plan.server_policy, null, 2),
    "",
    "Policy for whoever runs setup and teardown",
    JSON.stringify(plan.setup_policy, null, 2),
  ];
}

function launchWords(launch: NonNullable<Plan["launch"]>): string[] {
  const images = launch.images.map(
    ({ id, name, architecture }) => `${id} (${name}, ${architecture})`,
  );
  const types = launch.types.map(({ name, vcpus, zones }) => {
    const facts = vcpus === undefined ? "" : ` (${vcpus} vCPU; ${(zones ?? []).join(", ")})`;
    return name + facts;
  });
  const subnets = launch.subnets.map(({ id, zone }) => `${id} (${zone})`);
  const end =
    launch.lifecycle === "warm" ? "stopped when idle, started again" : "terminated when idle";
  return [
    "Machines",
    ...columns([
      ["image", [launch.image, ...images].join(": ")],
      ["types", types.join(", then ")],
      ["subnets", subnets.length > 0 ? subnets.join(", ") : "the default of each zone"],
      ["market", launch.market],
      ["life", `${launch.lifecycle}: ${end}`],
      ["at most", `${launch.max_machines} in a pool, ${launch.budget_hours} machine-hours a day`],
    ]).map((line) => `  ${line}`),
  ];
}

function isThere(exists: boolean | undefined): string {
  return exists === true ? ", which is there" : "";
}
