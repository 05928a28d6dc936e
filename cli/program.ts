import { CommanderError, type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { CliError, UsageError } from "./errors/cli-error.ts";
import { createCommand, helpHint, isShown } from "./command/command.ts";
import { EXIT } from "./errors/exit-codes.ts";
import { version } from "./layout.ts";
import { print, printError } from "./terminal/print.ts";

/** Adds arguments, options, further commands and an action to a command. */
type Define = (
  command: Command,
  line: { argv: readonly string[]; createProgram: typeof createProgram },
) => CommandUnknownOpts;

/** In the order of the help. A command is loaded when it is called, so that all start fast. */
const COMMANDS: readonly [name: string, summary: string, load: () => Promise<Define>][] = [
  ["serve", "Start the server", async () => (await import("./serve/serve.ts")).serve],
  [
    "sign",
    "Sign a file and print the tag to paste into a page",
    async () => (await import("./sign/sign.ts")).sign,
  ],
  [
    "run",
    "Run a file, or a block of a page, and show its output",
    async () => (await import("./run/run.ts")).run,
  ],
  [
    "verify",
    "Say who signed a block or a result, and whether it is valid",
    async () => (await import("./verify/verify.ts")).verify,
  ],
  [
    "revoke",
    "Revoke signed blocks, so that nobody can run them any more",
    async () => (await import("./sign/revoke.ts")).revoke,
  ],
  [
    "publish",
    "Give signed blocks a public page, a script tag and a frame",
    async () => (await import("./blocks/publish.ts")).publish,
  ],
  [
    "unpublish",
    "Take the public page of a block away",
    async () => (await import("./blocks/publish.ts")).unpublish,
  ],
  [
    "blocks",
    "List and show the blocks that a server keeps",
    async () => (await import("./blocks/blocks.ts")).blocks,
  ],
  [
    "keys",
    "Make, list and revoke the keys that sign",
    async () => (await import("./keys/keys.ts")).keys,
  ],
  [
    "tokens",
    "Make, list and revoke API tokens of projects",
    async () => (await import("./tokens/tokens.ts")).tokens,
  ],
  [
    "login",
    "Log this machine in at a server",
    async () => (await import("./login/login.ts")).login,
  ],
  ["logout", "End this machine's login", async () => (await import("./login/login.ts")).logout],
  ["whoami", "Say whose token commands use", async () => (await import("./login/login.ts")).whoami],
  [
    "members",
    "List and change who may do what in a project",
    async () => (await import("./people/people.ts")).manageMembers,
  ],
  [
    "users",
    "List and remove the users of a server",
    async () => (await import("./people/people.ts")).manageUsers,
  ],
  [
    "sessions",
    "List browsers that are signed in, and end their sessions",
    async () => (await import("./people/people.ts")).manageSessions,
  ],
  ["audit", "List who changed what", async () => (await import("./audit/audit.ts")).audit],
  [
    "projects",
    "Make projects, and decide what their pushes run",
    async () => (await import("./projects/projects.ts")).projects,
  ],
  [
    "exec",
    "Run a command at a commit of a project, and show its output",
    async () => (await import("./exec/exec.ts")).exec,
  ],
  [
    "request",
    "Boot a project's app, send it one request and print the answer",
    async () => (await import("./exec/request.ts")).execRequest,
  ],
  ["ps", "List runs of projects, newest first", async () => (await import("./runs/ps.ts")).ps],
  ["logs", "Print the output of a run", async () => (await import("./runs/logs.ts")).logs],
  [
    "download",
    "Save the artifacts of a run that has ended",
    async () => (await import("./runs/download.ts")).download,
  ],
  ["rerun", "Run a project's run again", async () => (await import("./runs/rerun.ts")).rerun],
  ["cancel", "Cancel runs of projects", async () => (await import("./runs/cancel.ts")).cancel],
  [
    "machines",
    "List machines, and start, stop, end or add some",
    async () => (await import("./machines/machines.ts")).machines,
  ],
  [
    "wake",
    "Wake a machine for a project before it is needed",
    async () => (await import("./machines/wake.ts")).wake,
  ],
  [
    "sleep",
    "Drain a project's machines and let them go",
    async () => (await import("./machines/wake.ts")).sleep,
  ],
  [
    "sign-in",
    "Print a link that signs a browser in, once",
    async () => (await import("./operate/sign-in.ts")).signIn,
  ],
  [
    "doctor",
    "Check a server's machine, and say what to do",
    async () => (await import("./operate/doctor.ts")).doctor,
  ],
  [
    "backup",
    "Write everything a server keeps into one file, while it runs",
    async () => (await import("./operate/backup.ts")).backup,
  ],
  [
    "aws",
    "Prepare an AWS account for the server, and check it",
    async () => (await import("./aws/aws.ts")).aws,
  ],
  [
    "image",
    "Make a machine image on which the set-up is done already",
    async () => (await import("./aws/image.ts")).image,
  ],
  [
    "completion",
    "Print a script that completes these commands in a shell",
    async () => (await import("./completion/completion.ts")).completion,
  ],
  [
    "respond",
    "Start a responder: the agent on a machine that executes runs",
    async () => (await import("./serve/respond.ts")).respond,
  ],
];

/** The whole command line. Only the command that `argv` names is loaded; without it, all are. */
export async function createProgram(argv?: readonly string[]): Promise<Command> {
  const program = createCommand(
    "deferred",
    "Signed code blocks on static pages and projects' own commands, on machines that exist only while they are needed",
  );
  program
    .usage("COMMAND [options]")
    // A command's options are read where it stands: `sign` and `sign site` have some of the same names.
    .enablePositionalOptions()
    .description(
      "Settings come from the environment: DEFERRED_DATA names the data folder (./data), PORT the port. From another " +
        "machine, DEFERRED_URL names the server and DEFERRED_TOKEN holds an API token.",
    )
    .version(version(), "-v, --version", "Print the version");
  const versionCommand = createCommand("version", "Print the version");
  program.addCommand(
    versionCommand.action(() => print(version())),
    { hidden: true },
  );
  for (const [name, summary, load] of COMMANDS) {
    const command = createCommand(name, summary);
    const isNeeded = argv === undefined || argv[0] === name;
    program.addCommand(
      isNeeded ? (await load())(command, { argv: argv ?? [], createProgram }) : command,
    );
  }
  return program;
}

/** Runs one command line to its end and resolves with its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const words = argv[0] === "help" ? [...argv.slice(1), "--help"] : [...argv];
  const program = await createProgram(words);
  let running: CommandUnknownOpts = program;
  program.hook("preAction", (_program, command) => void (running = command));
  // Actions set it if it is another.
  process.exitCode = EXIT.ok;
  try {
    await program.parseAsync(words, { from: "user" });
    return process.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && isShown(error)) {
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    }
    if (!(error instanceof CliError)) throw error;
    const hint = error instanceof UsageError ? helpHint(running) : error.hint;
    printError(error.message, hint);
    return error.exitCode;
  }
}
