import { DeferredError } from "../../protocol/deferred-error.ts";
import { spawn } from "node:child_process";
import { countIo } from "./progress.ts";

/** Bytes of stderr that are kept. */
const STDERR_BYTES = 16 * 1024;
const STDOUT_BYTES = 64 * 2 ** 20;
/** A git without output or I/O for so long is stuck. */
const STALL_MS = 60_000;
/** Checks in that time. Counted, so that suspending the machine ends nothing. */
const LOOKS = 4;

/**
 * Settings that no repository, user or machine may change: the environment overrides every configuration file,
 * including those that commands wrote.
 */
const FIXED = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.attributesFile": "/dev/null",
  "core.excludesFile": "/dev/null",
  "core.askPass": "",
  "credential.helper": "",
  "fetch.recurseSubmodules": "false",
  "fetch.writeCommitGraph": "false",
  "gc.auto": "0",
  "maintenance.auto": "false",
  "http.followRedirects": "false",
  // Ends a git whose responder was killed, so that `STALL_MS` does not apply.
  "http.lowSpeedLimit": "1",
  "http.lowSpeedTime": "90",
  "http.proxy": "",
  "protocol.version": "2",
  "submodule.recurse": "false",
  "transfer.credentialsInUrl": "die",
  // Work trees belong to the user that commands run as.
  "safe.directory": "*",
} as const;

export interface GitOptions {
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Transports that may be used; none where absent. */
  readonly protocols?: readonly string[];
  /** Settings of this process. Secrets go here: arguments can be read by every user. */
  readonly config?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** The command that runs git's own command line: in a namespace, with limits. */
  readonly wrap?: (argv: readonly string[]) => readonly string[];
  /** Runs as this user; absent: as the responder's. */
  readonly uid?: number | undefined;
  /** Milliseconds without progress after which it is ended. */
  readonly stallMs?: number;
}

/** Git ended with a status other than 0, or was stopped because it stalled. */
export class GitFailure extends DeferredError {
  override readonly name = "GitFailure";
  readonly stderr: string;
  readonly stalled: boolean;

  constructor(command: string, stderr: string, stalled: boolean) {
    super(
      "git_failed",
      `git ${command}: ${stalled ? "no progress for a minute" : telling(stderr)}`,
    );
    this.stderr = stderr;
    this.stalled = stalled;
  }
}

/** The line with the cause; hints follow it. */
function telling(text: string): string {
  const lines = text.trim().split("\n");
  return lines.find((line) => /^(fatal|error): /.test(line)) ?? lines.at(-1) ?? "";
}

function environment({ protocols = [], config = {}, env = {} }: GitOptions) {
  const settings = Object.entries({ ...FIXED, ...config });
  const pairs = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  const { GIT_SSL_CAINFO, PATH } = process.env;
  return {
    PATH: PATH ?? "/usr/local/bin:/usr/bin:/bin",
    LC_ALL: "C",
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_ALLOW_PROTOCOL: protocols.join(":"),
    // Where it trusts more authorities than the system does: the operator's own word.
    ...(GIT_SSL_CAINFO === undefined ? {} : { GIT_SSL_CAINFO }),
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(pairs),
    ...env,
  };
}

/** Runs git in a clean environment and resolves with its output. Throws `GitFailure`. */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  return (await gitBytes(args, options)).toString("utf8");
}

/** The same for binary output. */
export async function gitBytes(args: readonly string[], options: GitOptions): Promise<Buffer> {
  const { cwd, signal, input, uid, wrap = (argv) => argv, stallMs = STALL_MS } = options;
  signal.throwIfAborted();
  const [program = "git", ...rest] = wrap(["git", ...args]);
  const child = spawn(program, rest, {
    cwd,
    env: environment(options),
    stdio: ["pipe", "pipe", "pipe"],
    // A process group of its own: ssh and filters are killed with it.
    detached: true,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let stalled = false;
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  };
  let quiet = 0;
  let io = 0;
  const timer = setInterval(() => {
    const now = child.pid === undefined ? io : countIo(child.pid);
    quiet = now === io ? quiet + 1 : 0;
    io = now;
    if (quiet < LOOKS) return;
    stalled = true;
    kill();
  }, stallMs / LOOKS);
  signal.addEventListener("abort", kill, { once: true });
  const stdout: Buffer[] = [];
  let bytes = 0;
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    quiet = 0;
    bytes += chunk.length;
    if (bytes > STDOUT_BYTES) kill();
    else stdout.push(chunk);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    quiet = 0;
    stderr = (stderr + text).slice(-STDERR_BYTES);
  });
  child.stdin.on("error", () => {}); // It may end before it has read everything.
  child.stdin.end(input);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    signal.throwIfAborted();
    if (code !== 0) throw new GitFailure(args[0] ?? "", withoutProgress(stderr), stalled);
    return Buffer.concat(stdout);
  } finally {
    clearInterval(timer);
    signal.removeEventListener("abort", kill);
  }
}

/** Git overwrites its progress in place; only the last state of a line counts. */
function withoutProgress(text: string): string {
  return text
    .split("\n")
    .map((line) => line.replace(/\r$/, "").split("\r").at(-1)!)
    .join("\n");
}
