import { spawn } from "node:child_process";
import { paths } from "../protocol/paths.ts";
import { SignInLinkSchema } from "../protocol/projects.ts";
import { connect } from "./client.ts";
import { CliError } from "./cli-error.ts";
import type { Command } from "./command.ts";
import { print, printJson } from "./print.ts";

export const signIn: Command = {
  name: "sign-in",
  usage: "[options]",
  summary: "Print a link that signs a browser in, once.",
  details: [
    "Whoever opens the link first may read every project's pages in that browser; nothing can be changed there.\n" +
      "It works once, and for a quarter of an hour.",
  ],
  options: {
    open: { type: "boolean", help: "Open it in this machine's browser" },
    json: { type: "boolean", help: "As JSON" },
  },
  examples: ["deferred sign-in", "deferred sign-in --open"],
  async run(args) {
    args.none();
    const client = await connect(args);
    const link = await client.call(paths.signInLinks, SignInLinkSchema, { method: "POST" });
    if (args.flag("json")) printJson(link);
    else print(link.url);
    if (args.flag("open")) await open(link.url);
  },
};

async function open(url: string): Promise<void> {
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
