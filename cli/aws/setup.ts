import { environmentFor } from "../../server/aws/environment.ts";
import { accountOf } from "../../server/aws/identity.ts";
import { findSubnets, someSubnets } from "../../server/aws/network.ts";
import { setupSteps, type Steps } from "../../server/aws/setup.ts";
import { CliError } from "../cli-error.ts";
import { confirm } from "../confirm.ts";
import { environmentLines } from "./environment-lines.ts";
import { explained, sleep, type Prepared } from "./prepare.ts";

export async function setup({ args, target, clients }: Prepared): Promise<void> {
  const tell = (error: unknown): never => {
    throw explained(error, target);
  };
  const options = { adopt: args.flag("adopt-bucket"), sleep };
  const planned = await accountOf(clients, target)
    .then((account) => setupSteps(clients, target, { ...options, account }))
    .catch(tell);

  for (const kept of planned.kept) process.stderr.write(`there   ${kept}\n`);
  for (const note of planned.notes) process.stderr.write(`note    ${note}\n`);
  for (const { kind, what } of planned.steps) process.stderr.write(`${kind.padEnd(7)} ${what}\n`);
  if (planned.steps.length > 0) {
    if (!args.flag("yes")) {
      await confirm("Go on?", { doing: "setup", undone: "nothing was made" });
    }
    await runSteps(planned, target);
  }
  const subnets = target.uses.ec2 ? await findSubnets(clients, target).catch(tell) : [];
  const group = planned.securityGroup();
  const made = { securityGroup: group?.id, subnets: someSubnets(subnets, group?.vpc) };
  const lines = environmentLines(environmentFor(target, made));
  process.stderr.write(
    "\nGive the server these variables, and credentials of its own with the policy of\n",
  );
  process.stderr.write("deferred aws plan; then: deferred aws doctor\n\n");
  process.stdout.write(`${lines.map((line) => line.trim()).join("\n")}\n`);
}

async function runSteps({ steps }: Steps, target: Prepared["target"]): Promise<void> {
  process.stderr.write("\n");
  for (const [index, step] of steps.entries()) {
    try {
      const lacks = await step.run();
      process.stderr.write(
        `${lacks === undefined ? "done" : "skipped"} ${index + 1}/${steps.length}  ${lacks ?? step.what}\n`,
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
