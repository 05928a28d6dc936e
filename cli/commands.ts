import type { Entry, Group } from "./tree.ts";

/** In the order of the help. */
const commands: Entry[] = [
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
    name: "projects",
    summary: "Make projects, and decide what their pushes run",
    load: async () => (await import("./projects/projects.ts")).projects,
  },
  {
    name: "exec",
    summary: "Run a command at a commit of a project, and show its output",
    load: async () => (await import("./exec/exec.ts")).exec,
  },
  {
    name: "request",
    summary: "Boot a project's app, send it one request and print the answer",
    load: async () => (await import("./exec/request.ts")).request,
  },
  {
    name: "ps",
    summary: "List runs of projects",
    load: async () => (await import("./runs/ps.ts")).ps,
  },
  {
    name: "logs",
    summary: "Print what a run has printed",
    load: async () => (await import("./runs/logs.ts")).logs,
  },
  {
    name: "download",
    summary: "Save the artifacts of a run",
    load: async () => (await import("./runs/download.ts")).download,
  },
  {
    name: "cancel",
    summary: "Cancel runs of projects",
    load: async () => (await import("./runs/cancel.ts")).cancel,
  },
  {
    name: "wake",
    summary: "Wake a machine for a project before it is needed",
    load: async () => (await import("./machines/wake.ts")).wake,
  },
  {
    name: "sleep",
    summary: "Let a project's machines go once they have nothing to do",
    load: async () => (await import("./machines/wake.ts")).sleep,
  },
  {
    name: "sign-in",
    summary: "Print a link that signs a browser in, once",
    load: async () => (await import("./sign-in.ts")).signIn,
  },
  {
    name: "doctor",
    summary: "Check a server's machine, and say what to do",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    name: "backup",
    summary: "Write all that a server keeps into one file, while it runs",
    load: async () => (await import("./backup.ts")).backup,
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
    name: "completion",
    summary: "Print what lets a shell complete these commands",
    load: async () => (await import("./completion/completion.ts")).completion(ROOT),
  },
  {
    name: "respond",
    summary: "Start a responder: what a machine runs to execute blocks",
    load: async () => (await import("./respond.ts")).respond,
  },
];

export const ROOT: Group = {
  name: "",
  summary:
    "Signed code blocks on static pages and projects' own commands, on machines that exist only while\n" +
    "they are needed.",
  details: [
    "Settings come from the environment: DEFERRED_DATA names the data folder (./data), PORT the port. From\n" +
      "another machine, DEFERRED_URL names the server and DEFERRED_TOKEN holds an API token.",
  ],
  commands,
  examples: [],
};
