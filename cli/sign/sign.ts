import { Option, type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import type { BlockClaims } from "../../protocol/claims.ts";
import { embedMarkdown, embedTag } from "../../blocks/embed-tag.ts";
import { connect } from "../api/client.ts";
import {
  addressOf,
  confirmPublic,
  idOfToken,
  parseName,
  publishBlock,
} from "../blocks/publish-block.ts";
import { UsageError } from "../errors/cli-error.ts";
import { examples } from "../command/help.ts";
import { signSite } from "../site/command.ts";
import { duration } from "../../protocol/words.ts";
import { note, print, printJson, programOutput } from "../terminal/print.ts";
import { readTerms } from "./claims.ts";
import { signFile, type Signed } from "./sign-file.ts";
import { addTermOptions } from "./term-options.ts";

export function sign(command: Command): CommandUnknownOpts {
  return (
    addTermOptions(command)
      .description(
        "FILE is a program, or - for standard input. The tag goes to standard output alone; notes about it " +
          "go to standard error. No server has to run.",
      )
      .argument("<FILE|->")
      // Options behind `site` are its own.
      .enablePositionalOptions()
      .addCommand(signSite())
      .option("--aud <URL>", "The server that may run it (default: this one)")
      .option("--no-aud", "Let any server that knows the key run it")
      .option("--project <OWNER/NAME>", "Who signs (default: local/demo)")
      .option("--key <KID>", "With which key (default: the newest)")
      .option("--publish", "Give it a public page on the server too; see deferred publish")
      .option(
        "--as <NAME>",
        "With --publish: a name for its address; see deferred publish",
        parseName,
      )
      .option("--yes", "With --publish: do not ask for confirmation")
      .addOption(
        new Option(
          "--format <FORMAT>",
          "tag; markdown, for Markdown and MDX; jws, the token; json, a request's body",
        )
          .choices(["tag", "markdown", "jws", "json"] as const)
          .default("tag" as const),
      )
      .option(
        "--gist [USER/ID]",
        "Write the signature to FILE.block, for a gist; with GITHUB_TOKEN, add it to that gist",
      )
      .addHelpText(
        "after",
        examples(
          "deferred sign hello.rb",
          "deferred sign plot.py --cache 1h --limit wall_s=5 --origin https://blog.example",
          "deferred sign dice.py --input 'sides=integer,min=2,max=100,default=6'",
          "deferred sign prices.py --show table",
          "deferred sign main.py --file data.csv --file lib/util.py --after intro.py",
          "deferred sign hello.rb --publish",
          "deferred sign main.py --file survey.csv --publish",
          "deferred sign hello.rb --format markdown >> post.mdx",
          "deferred sign hello.rb --gist octocat/aa5a315d61ae9438b18d",
          "deferred sign site public",
          `deferred sign hello.rb --format json | curl --json @- "$SERVER/v1/runs"`,
        ),
      )
      .action(async (file, options) => {
        const { format } = options;
        if (options.publish && options.gist !== undefined) {
          throw new UsageError("--publish and --gist are two places: choose one of them");
        }
        if (options.as !== undefined && !options.publish) {
          throw new UsageError("--as is for --publish");
        }
        if (options.yes && !options.publish) throw new UsageError("--yes is for --publish");
        const signed = await signFile(file, readTerms(options), options);
        const { block, code, claims, sent, serverUrl, notes } = signed;
        if (options.gist !== undefined) {
          const { checkGist, signBeside } = await import("./gist.ts");
          checkGist(file, options.gist, sent);
          const beside = await signBeside(file, options.gist, signed, process.env);
          if (beside.tag !== undefined) programOutput("stdout")(beside.tag);
          for (const text of [...notes, ...describeClaims(claims), ...beside.notes]) note(text);
          return;
        }
        if (options.publish) await publishSigned(signed, options);
        const tag = {
          block,
          code,
          runtime: claims.runtime,
          files: sent.files,
          setup: sent.setup,
          scriptUrl: `${serverUrl}/deferred-runner.js`,
        };
        if (format === "jws") print(block);
        else if (format === "json") printJson({ block, code, ...sent });
        else programOutput("stdout")(format === "tag" ? embedTag(tag) : embedMarkdown(tag));
        for (const text of [...notes, ...describeClaims(claims)]) note(text);
      })
  );
}

/** Publishes a block that was just signed. The address of its page is a note: standard output holds the tag. */
async function publishSigned(
  signed: Signed,
  { as, yes = false }: { as?: string | undefined; yes?: boolean | undefined },
): Promise<void> {
  const { block, code, sent, claims, stored } = signed;
  const client = await connect({ project: claims.iss });
  await confirmPublic(client, [idOfToken(block)], { as, yes });
  const published = await publishBlock(client, { block, code, ...sent, as }, stored);
  note(`published at ${addressOf(published, as)}`);
}

function describeClaims({ iss, aud, runtime, exp, iat }: BlockClaims): string[] {
  const server = aud === undefined ? "any server that knows the key" : String(aud);
  return [
    `signed by ${iss} for ${server}, to be run by ${runtime}`,
    ...(exp === undefined ? [] : [`valid for ${duration(exp - iat)}; sign it again after that`]),
  ];
}
