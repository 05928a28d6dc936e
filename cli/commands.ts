import type { Command } from "./command.ts";

/** Every command, in the order of the help. Each is loaded when it is called, so that all start fast. */
export const COMMANDS: { name: string; summary: string; load: () => Promise<Command> }[] = [
  {
    name: "serve",
    summary: "Start the server",
    load: async () => (await import("./serve.ts")).serve,
  },
  {
    name: "sign",
    summary: "Sign a file and print the tag to paste into a page",
    load: async () => (await import("./sign/sign.ts")).sign,
  },
  {
    name: "run",
    summary: "Run a file, or a block of a page, and show its output",
    load: async () => (await import("./run/run.ts")).run,
  },
  {
    name: "verify",
    summary: "Say who signed a block or a result, and whether it holds",
    load: async () => (await import("./verify/verify.ts")).verify,
  },
  {
    name: "revoke",
    summary: "Take a signed block back",
    load: async () => (await import("./revoke.ts")).revoke,
  },
  {
    name: "keys",
    summary: "Make, list and revoke the keys that sign",
    load: async () => (await import("./keys.ts")).keys,
  },
  {
    name: "aws",
    summary: "Prepare an AWS account for the server, and check it",
    load: async () => (await import("./aws/aws.ts")).aws,
  },
  {
    name: "image",
    summary: "Print how to bake an image on which a machine's set-up is done already",
    load: async () => (await import("./image.ts")).image,
  },
  {
    name: "respond",
    summary: "Start a responder: what a machine runs to execute blocks",
    load: async () => (await import("./respond.ts")).respond,
  },
];
