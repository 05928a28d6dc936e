import { Option, type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { SHOWN_AS, type BlockClaims } from "../../protocol/claims.ts";
import { embedMarkdown, embedTag } from "../../blocks/embed-tag.ts";
import { examples } from "../command/help.ts";
import { collect, seconds } from "../command/options.ts";
import { duration } from "../../protocol/words.ts";
import { note, print, printJson, programOutput } from "../terminal/print.ts";
import { readTerms } from "./claims.ts";
import { RUNTIME_NAMES } from "./runtime.ts";
import { signFile } from "./sign-file.ts";

export function sign(command: Command): CommandUnknownOpts {
  return command
    .description(
      "FILE is a program, or - for standard input. The tag goes to standard output alone; notes about it " +
        "go to standard error. No server has to run.",
    )
    .argument("<FILE|->")
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
    .option("--expires <TIME>", "Valid for so long, such as 90d (default: without end)", seconds)
    .option("--aud <URL>", "The server that may run it (default: this one)")
    .option("--no-aud", "Let any server that knows the key run it")
    .option("--project <OWNER/NAME>", "Who signs (default: local/demo)")
    .option("--key <KID>", "With which key (default: the newest)")
    .addOption(
      new Option(
        "--format <FORMAT>",
        "tag; markdown, for Markdown and MDX; jws, the token; json, a request's body",
      )
        .choices(["tag", "markdown", "jws", "json"] as const)
        .default("tag" as const),
    )
    .addHelpText(
      "after",
      examples(
        "deferred sign hello.rb",
        "deferred sign plot.py --cache 1h --limit wall_s=5 --origin https://blog.example",
        "deferred sign dice.py --input 'sides=integer,min=2,max=100,default=6'",
        "deferred sign prices.py --show table",
        "deferred sign main.py --file data.csv --file lib/util.py --after intro.py",
        "deferred sign hello.rb --format markdown >> post.mdx",
        `deferred sign hello.rb --format json | curl --json @- "$SERVER/v1/runs"`,
      ),
    )
    .action(async (file, options) => {
      const { format } = options;
      const signed = await signFile(file, readTerms(options), options);
      const { block, code, claims, sent, serverUrl, notes } = signed;
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
    });
}

function describeClaims({ iss, aud, runtime, exp, iat }: BlockClaims): string[] {
  const server = aud === undefined ? "any server that knows the key" : String(aud);
  return [
    `signed by ${iss} for ${server}, to be run by ${runtime}`,
    ...(exp === undefined ? [] : [`valid for ${duration(exp - iat)}; sign it again after that`]),
  ];
}
