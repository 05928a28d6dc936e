import { Option, type Command } from "@commander-js/extra-typings";
import { SHOWN_AS } from "../../protocol/claims.ts";
import { collect, seconds } from "../command/options.ts";
import { RUNTIME_NAMES } from "./runtime.ts";

/** The options for a block's limits, inputs and origins. Marks in a site's pages take the same, without dashes. */
export function addTermOptions(command: Command) {
  return command
    .option(
      "--runtime <NAME>",
      `What runs it: ${RUNTIME_NAMES}, or with a version: python@3.11 (default: by the file)`,
    )
    .option(
      "--cache <TIME>",
      "How long a stored result may answer, such as 1h (default: never)",
      seconds,
    )
    .option(
      "--limit <NAME=N>",
      "wall_s, cpu_s, memory_mb, processes, output_kb, artifacts_mb, network=true or =HOST,…",
      collect,
    )
    .option("--origin <URL>", "Page that may send it, repeatable (default: any)", collect)
    .option(
      "--input <NAME=SPEC>",
      "What a reader may set: count=integer,min=1,max=10,default=3 (as=stdin or as=arg: passed so)",
      collect,
    )
    .option("--file <[NAME=]PATH>", "File beside the program, repeatable: data.csv", collect)
    .option("--after <FILE>", "Code of a block that this one builds on, repeatable", collect)
    .option("--setup <FILE>", "Code to run first that the page does not show")
    .option("--edit", "Let readers change the code")
    .addOption(
      new Option("--retry <never>", "The program is not safe to run twice").choices([
        "never",
      ] as const),
    )
    .addOption(
      new Option("--value <last>", "Make its last expression the result's value").choices([
        "last",
      ] as const),
    )
    .addOption(
      new Option("--show <KIND>", "What its output or first file is (default: text)").choices(
        SHOWN_AS,
      ),
    )
    .option("--title <TEXT>", "Its name for screen readers (default: by the page)")
    .option("--expires <TIME>", "Valid for so long, such as 90d (default: without end)", seconds);
}
