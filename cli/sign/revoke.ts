import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { inspectBlock } from "../../blocks/inspect.ts";
import { paths } from "../../protocol/paths.ts";
import { RevokedBlockSchema } from "../../protocol/requests.ts";
import { connect } from "../api/client.ts";
import { CliError } from "../errors/cli-error.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, PROJECT, YES } from "../command/options.ts";
import { findSignedBlocks, readBlockSource } from "../page/source.ts";
import { confirm } from "../terminal/confirm.ts";
import { print, printJson, tell } from "../terminal/print.ts";

export function revoke(command: Command): CommandUnknownOpts {
  return command
    .description(
      "Takes a page, a token, or the output of deferred sign. Only these tokens stop working: the same code " +
        "can be signed again. The server has to run.",
    )
    .argument("<FILE|URL|->")
    .option(...PROJECT)
    .option(...YES)
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples("deferred revoke hello.html", "deferred revoke https://blog.example/post --yes"),
    )
    .action(async (name, { project, yes, json }) => {
      const source = await readBlockSource(name);
      const client = await connect({ project });
      const claims = findSignedBlocks(source).map(({ block }) => inspectBlock(block).claims);
      const own = claims.filter(({ iss }) => iss === client.project);
      if (own.length === 0) {
        throw new CliError(`this holds no block of ${client.project}`, {
          hint: "deferred verify tells whose it is",
        });
      }
      const which = own.length === 1 ? "This block" : `These ${own.length} blocks`;
      tell(`${which} will be refused for good, on every page.`);
      if (!yes) await confirm("Revoke?");
      for (const { jti } of own) {
        const body = { jti };
        const path = paths.revokedBlocks(client.project);
        await client.call(path, RevokedBlockSchema, { method: "POST", body });
        if (!json) print(`revoked ${jti}`);
      }
      if (json) printJson({ revoked: own.map(({ jti }) => jti) });
    });
}
