import { InvalidArgumentError, Option, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { settingWords } from "../../protocol/machine-words.ts";
import {
  MachineSettingsAnswerSchema,
  MARKETS,
  type ChangeMachineSettings,
} from "../../protocol/machines.ts";
import { paths } from "../../protocol/paths.ts";
import { connect } from "../api/client.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, wholeNumber } from "../command/options.ts";
import { note, printFacts } from "../terminal/print.ts";

export function settings(): CommandUnknownOpts {
  return createCommand("settings", "Show or change what machines are launched, and how many stay")
    .description(
      "Without --project they are the shared pool's, and those of projects that have none of their own. They win over " +
        "the server's environment variables. Without other options they are shown.",
    )
    .option("--project <OWNER/NAME>", "Those of this project")
    .option(
      "--types <LIST>",
      "Instance types, in order of preference; none: the server's",
      listOrNone,
    )
    .option("--image <IMAGE>", "Image; none: the server's", textOrNone)
    .addOption(
      new Option("--market <MARKET>", "How machines are bought; none: as the server's").choices([
        ...MARKETS,
        "none",
      ] as const),
    )
    .option(
      "--budget-hours <N>",
      "Machine-hours a day of the project; none: the server's",
      hoursOrNone,
    )
    .option("--min-awake <N>", "Machines that stay awake without work", wholeNumber(0, 100))
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples(
        "deferred machines settings --project ada/blog --types m7a.medium,c7a.medium --min-awake 1",
        "deferred machines settings --project ada/blog --types none",
      ),
    )
    .action(async ({ project, types, image, market, budgetHours, minAwake, json = false }) => {
      const body: ChangeMachineSettings = {
        ...(types !== undefined && { types }),
        ...(image !== undefined && { image }),
        ...(market !== undefined && { market: market === "none" ? null : market }),
        ...(budgetHours !== undefined && { budget_hours: budgetHours }),
        ...(minAwake !== undefined && { min_awake: minAwake }),
      };
      const client = await connect({ project });
      const path = paths.machineSettings(project);
      const answer = await client.call(path, MachineSettingsAnswerSchema, {
        method: "PATCH",
        body,
      });
      const rows = settingWords(answer.settings);
      printFacts(json, answer, rows);
      if (rows.length === 0) note("nothing is set: the server's environment variables decide");
    });
}

function textOrNone(value: string): string | null {
  return value === "none" ? null : value;
}

function listOrNone(value: string): string[] | null {
  return value === "none" ? null : value.split(",").map((one) => one.trim());
}

function hoursOrNone(value: string): number | null {
  if (value === "none") return null;
  const hours = Number(value);
  if (value.trim() !== "" && hours >= 0 && hours <= 100_000) return hours;
  throw new InvalidArgumentError("It has to be a number of hours from 0 to 100000, or none");
}
