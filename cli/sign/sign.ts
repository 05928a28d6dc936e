import type { BlockClaims } from "../../protocol/claims.ts";
import type { Command } from "../command.ts";
import { duration } from "../../protocol/words.ts";
import { readTerms } from "./claims.ts";
import { embedMarkdown, embedTag } from "../../server/pages/embed-tag.ts";
import { RUNTIME_NAMES } from "./runtime.ts";
import { signFile } from "./sign-file.ts";
import { note, print, printJson, programOutput } from "../print.ts";

const FORMATS = ["tag", "jws", "json", "markdown"] as const;

export const sign: Command = {
  name: "sign",
  usage: "FILE [options]",
  summary: "Sign a file and print the tag to paste into a page.",
  details: [
    "FILE is a program, or - for standard input. The tag goes to standard output alone; what is worth\n" +
      "knowing about it goes to standard error. No server has to run.",
  ],
  options: {
    runtime: {
      type: "string",
      value: "NAME",
      help: `What runs it: ${RUNTIME_NAMES}, or with a version: python@3.11 (default: by the file)`,
    },
    cache: {
      type: "string",
      value: "TIME",
      help: "How long a stored result may answer, such as 1h (default: never)",
    },
    limit: {
      type: "string",
      value: "NAME=N",
      multiple: true,
      help: "wall_s, cpu_s, memory_mb, processes, output_kb, artifacts_mb, network=true or =HOST,…",
    },
    origin: {
      type: "string",
      value: "URL",
      multiple: true,
      help: "Pages that may send it (default: any)",
    },
    input: {
      type: "string",
      value: "NAME=SPEC",
      multiple: true,
      help: "What a reader may set: count=integer,min=1,max=10,default=3",
    },
    edit: { type: "boolean", help: "Let readers change the code" },
    retry: { type: "string", value: "never", help: "The program is not safe to run twice" },
    expires: {
      type: "string",
      value: "TIME",
      help: "Valid for so long, such as 90d (default: ever)",
    },
    aud: { type: "string", value: "URL", help: "The server that may run it (default: this one)" },
    "no-aud": { type: "boolean", help: "Let any server that knows the key run it" },
    project: { type: "string", value: "OWNER/NAME", help: "Who signs (default: local/demo)" },
    key: { type: "string", value: "KID", help: "With which key (default: the newest)" },
    format: {
      type: "string",
      value: "FORMAT",
      help: "tag, markdown (for Markdown and MDX), jws (the token) or json (a request's body)",
    },
  },
  examples: [
    "deferred sign hello.rb",
    "deferred sign plot.py --cache 1h --limit wall_s=5 --origin https://blog.example",
    "deferred sign dice.py --input 'sides=integer,min=2,max=100,default=6'",
    "deferred sign hello.rb --format markdown >> post.mdx",
    `deferred sign hello.rb --format json | curl --json @- "$SERVER/v1/runs"`,
  ],
  async run(args) {
    const format = args.choice("format", FORMATS);
    const signed = await signFile(args, args.only("a file"), readTerms(args));
    const { block, code, claims, serverUrl, notes } = signed;
    if (format === "jws") print(block);
    if (format === "json") printJson({ block, code });
    const scriptUrl = `${serverUrl}/deferred-runner.js`;
    const tag = { block, code, runtime: claims.runtime, scriptUrl };
    if (format === "tag") programOutput("stdout")(embedTag(tag));
    if (format === "markdown") programOutput("stdout")(embedMarkdown(tag));
    for (const text of [...notes, ...factsOf(claims)]) note(text);
  },
};

function factsOf(claims: BlockClaims): string[] {
  const server = claims.aud === undefined ? "any server that knows the key" : String(claims.aud);
  const facts = [`signed by ${claims.iss} for ${server}, to be run by ${claims.runtime}`];
  if (claims.exp !== undefined) {
    facts.push(`valid for ${duration(claims.exp - claims.iat)}; sign it again after that`);
  }
  return facts;
}
