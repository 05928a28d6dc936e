import type { Command, CommandUnknownOpts } from "@commander-js/extra-typings";
import { examples } from "../command/help.ts";
import { addMachine, assign, end, makeDefault, start, stop } from "./actions.ts";
import { list, show } from "./list.ts";
import { settings } from "./settings.ts";

export function machines(command: Command): CommandUnknownOpts {
  return command
    .description(
      "Machines are woken for runs and leave when idle. These commands show them, and act on them beside that: with the " +
        "owner's token all of them, and with a project's token its own are shown.",
    )
    .addCommand(list())
    .addCommand(show())
    .addCommand(addMachine())
    .addCommand(start())
    .addCommand(stop())
    .addCommand(end())
    .addCommand(assign())
    .addCommand(makeDefault())
    .addCommand(settings())
    .addHelpText(
      "after",
      examples(
        "deferred machines list",
        "deferred machines add --type m7a.medium --market spot",
        "deferred machines settings --project ada/blog --min-awake 1",
      ),
    );
}
