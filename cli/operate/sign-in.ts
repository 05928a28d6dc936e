import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { spawn } from "node:child_process";
import { paths } from "../../protocol/paths.ts";
import { SignInLinkSchema } from "../../protocol/projects.ts";
import { connect } from "../api/client.ts";
import { CliError } from "../errors/cli-error.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT } from "../command/options.ts";
import { print, printJson } from "../terminal/print.ts";

export function signIn(command: Command): CommandUnknownOpts {
  return command
    .description(
      "The first browser that opens the link may read every project's pages; nothing can be changed there. " +
        "It works once, and for a quarter of an hour.",
    )
    .option("--open", "Open it in this machine's browser")
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred sign-in", "deferred sign-in --open"))
    .action(async (options) => {
      const client = await connect();
      const link = await client.call(paths.signInLinks, SignInLinkSchema, { method: "POST" });
      if (options.json) printJson(link);
      else print(link.url);
      if (options.open) await openInBrowser(link.url);
    });
}

async function openInBrowser(url: string): Promise<void> {
  const command = process.platform === "darwin" ? "open" : "xdg-open";
  await new Promise<void>((resolve, reject) => {
    const child = spawn(command, [url], { stdio: "ignore", detached: true });
    child.on("spawn", () => {
      child.unref();
      resolve();
    });
    child.on("error", (cause) => {
      reject(
        new CliError(`${command} could not be started`, { hint: "open the link by hand", cause }),
      );
    });
  });
}
