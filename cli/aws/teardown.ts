import { accountOf } from "../../server/aws/identity.ts";
import { teardownSteps } from "../../server/aws/teardown.ts";
import { confirm } from "../confirm.ts";
import { explained, sleep, type Prepared } from "./prepare.ts";
import { print, tell } from "../print.ts";

export async function teardown({ args, target, clients }: Prepared): Promise<void> {
  const explain = (error: unknown): never => {
    throw explained(error, target);
  };
  const deleteResults = args.flag("delete-results");
  const found = await accountOf(clients, target)
    .then((account) => teardownSteps(clients, target, { account, deleteResults, sleep }))
    .catch(explain);

  for (const { what } of found.removals) tell(`remove  ${what}`);
  if (found.removals.length === 0) {
    tell(`nothing is left that was made for ${target.url}`);
  } else if (!args.flag("yes")) {
    const about = { doing: "teardown", undone: "nothing was removed" };
    await confirm("Stop the server first, or it starts new machines. Remove all of this?", {
      ...about,
      ...(found.losesFiles ? { answer: target.bucket } : {}),
    });
  }
  for (const { what, run } of found.removals) {
    await run().catch(explain);
    print(`removed ${what}`);
  }
  for (const line of found.stays) print(`stays   ${line}`);
}
