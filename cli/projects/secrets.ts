import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { UsageError } from "../errors/cli-error.ts";
import * as v from "valibot";
import { SecretNameSchema } from "../../protocol/command.ts";
import { paths } from "../../protocol/paths.ts";
import { SecretListSchema } from "../../protocol/projects.ts";
import { hiddenVariable } from "../../protocol/run-variables.ts";
import { connect } from "../api/client.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, PROJECT } from "../command/options.ts";
import { askHidden } from "../terminal/hidden-prompt.ts";
import { print, printFacts } from "../terminal/print.ts";
import { readInputText } from "../terminal/read-text.ts";

export function secrets(): CommandUnknownOpts {
  return createCommand(
    "secrets",
    "Set, list and remove a project's secrets, which its commands get",
  )
    .addCommand(set())
    .addCommand(list(), { isDefault: true })
    .addCommand(remove())
    .addHelpText("after", examples("deferred projects secrets set DEPLOY_TOKEN < token.txt"));
}

function set(): CommandUnknownOpts {
  return createCommand("set", "Set a secret from a file or standard input")
    .description(
      "The value comes from --file, from standard input, or is asked for at a terminal; never from the command line. A " +
        "single line loses its line end; more lines stay as they are. Commands get it if their .deferred-server file " +
        "names it, from the next run on. Nobody can read it back.",
    )
    .argument("<NAME>", "Capital letters, digits and _, such as API_TOKEN")
    .argument("[VALUE]")
    .usage("[options] <NAME>")
    .option(...PROJECT)
    .option("--file <FILE>", "Read the value from here")
    .addHelpText(
      "after",
      examples(
        "deferred projects secrets set DEPLOY_TOKEN",
        "deferred projects secrets set SIGNING_KEY --file key.pem",
        "pass show site/token | deferred projects secrets set DEPLOY_TOKEN",
      ),
    )
    .action(async (name, refused, { project, file }) => {
      if (refused !== undefined) {
        throw new UsageError(
          "a secret's value is not written on the command line, where others can read it",
        );
      }
      checkName(name);
      const hidden = hiddenVariable(name);
      if (hidden !== undefined) throw new UsageError(hidden);
      const client = await connect({ project });
      const value = await readValue(name, file);
      if (value === "") {
        throw new UsageError("the value is empty; projects secrets remove removes one");
      }
      const body = { value };
      await client.call(paths.secret(client.project, name), v.unknown(), { method: "PUT", body });
      print(`set ${name} of ${client.project}`);
    });
}

function list(): CommandUnknownOpts {
  return createCommand("list", "List the names of a project's secrets")
    .option(...PROJECT)
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred projects secrets list --project acme/site"))
    .action(async ({ project, json = false }) => {
      const client = await connect({ project });
      const answer = await client.call(paths.secrets(client.project), SecretListSchema);
      const rows = answer.secrets.map(({ name, set_at }) => [name, set_at.slice(0, 10)]);
      printFacts(json, answer, [["NAME", "SET"], ...rows]);
    });
}

function remove(): CommandUnknownOpts {
  return createCommand("remove", "Remove a secret. Files that name it fail from then on")
    .argument("<NAME>")
    .option(...PROJECT)
    .addHelpText("after", examples("deferred projects secrets remove DEPLOY_TOKEN"))
    .action(async (name, { project }) => {
      checkName(name);
      const client = await connect({ project });
      await client.call(paths.secret(client.project, name), v.unknown(), { method: "DELETE" });
      print(`removed ${name} of ${client.project}`);
    });
}

function checkName(name: string): void {
  if (v.safeParse(SecretNameSchema, name).success) return;
  throw new UsageError(
    `"${name}" is no name of a secret: capital letters, digits and _, such as API_TOKEN`,
  );
}

async function readValue(name: string, file: string | undefined): Promise<string> {
  const value =
    file === undefined && process.stdin.isTTY
      ? await askHidden(`Value of ${name}:`)
      : await readInputText(file ?? "-");
  return value.trimEnd().includes("\n") ? value : value.replace(/\r?\n$/, "");
}
