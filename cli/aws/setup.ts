import { environmentFor } from "../../server/aws/environment.ts";
import { accountOf } from "../../server/aws/identity.ts";
import { findSubnets, someSubnets } from "../../server/aws/network.ts";
import { setupSteps, type Steps } from "../../server/aws/setup.ts";
import { CliError } from "../cli-error.ts";
import { confirm } from "../confirm.ts";
import { environmentLines } from "./environment-lines.ts";
import { explained, sleep, type Prepared } from "./prepare.ts";
import { print, tell } from "../print.ts";

export async function setup({ args, target, clients }: Prepared): Promise<void> {
  const explain = (error: unknown): never => {
    throw explained(error, target);
  };
  const options = { adopt: args.flag("adopt-bucket"), sleep };
  const planned = await accountOf(clients, target)
    .then((account) => setupSteps(clients, target, { ...options, account }))
    .catch(explain);

  for (const kept of planned.kept) tell(`there   ${kept}`);
  for (const note of planned.notes) tell(`note    ${note}`);
  for (const { kind, what } of planned.steps) tell(`${kind.padEnd(7)} ${what}`);
  if (planned.steps.length > 0) {
    if (!args.flag("yes")) {
      await confirm("Go on?", { doing: "setup", undone: "nothing was made" });
    }
    await runSteps(planned, target);
  }
  const subnets = target.uses.ec2 ? await findSubnets(clients, target).catch(explain) : [];
  const group = planned.securityGroup();
  const made = { securityGroup: group?.id, subnets: someSubnets(subnets, group?.vpc) };
  const lines = environmentLines(environmentFor(target, made));
  tell(
    "",
    "Give the server these variables, and credentials of its own with the policy of",
    "deferred aws plan; then: deferred aws doctor",
    "",
  );
  print(...lines.map((line) => line.trim()));
}

async function runSteps({ steps }: Steps, target: Prepared["target"]): Promise<void> {
  tell("");
  for (const [index, step] of steps.entries()) {
    try {
      const lacks = await step.run();
      tell(
        `${lacks === undefined ? "done" : "skipped"} ${index + 1}/${steps.length}  ${lacks ?? step.what}`,
      );
    } catch (error) {
      const told = explained(error, target, `after ${index} of ${steps.length} steps: `);
      if (!(told instanceof CliError)) throw told;
      throw new CliError(told.message, {
        hint: `${told.hint}; then run deferred aws setup again, which goes on where it stopped`,
        cause: error,
      });
    }
  }
}
