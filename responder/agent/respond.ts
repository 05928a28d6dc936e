import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { LaunchFile } from "../../protocol/registration.ts";
import type { RuntimeName } from "../../protocol/runtimes.ts";
import type { AttemptContext, Interruption } from "./attempt.ts";
import { blockExecution } from "./block-execution.ts";
import { claimLoop } from "./claim-loop.ts";
import { claimNumbers } from "./claim-numbers.ts";
import { commandExecution } from "../command/execution.ts";
import { machineId } from "./host.ts";
import { loadIdentity } from "./identity.ts";
import { watchInterruption } from "./interruption.ts";
import type { Log } from "../process/log.ts";
import { packagesHelper } from "../command/packages.ts";
import { watchReachability } from "../client/reachability.ts";
import { register, reportBooting, type Capabilities } from "./register.ts";
import { responderCalls, type ResponderCalls } from "../client/responder-calls.ts";
import { findRuntimes } from "../runtimes/find.ts";
import type { InstalledRuntime } from "../runtimes/runtime.ts";
import { startAhead, type Ahead } from "../sandbox/ahead.ts";
import { commandsAhead, type CommandsAhead } from "../sandbox/commands-ahead.ts";
import { bubblewrap } from "../sandbox/bubblewrap/bubblewrap.ts";
import { none } from "../sandbox/none.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { templates } from "../services/templates.ts";
import { serverClient, type ServerClient } from "../client/server-client.ts";
import { RESPONDER_EXIT, StartError } from "../process/start-error.ts";

const MAX_SLOTS = 64;
const LEAVE_MS = 1_000;

export interface ResponderOptions {
  readonly launch: LaunchFile;
  /** Folder for the machine's identity, mirrors and caches. Created if missing. */
  readonly state: string;
  /** `none` gives up all isolation. */
  readonly sandbox?: Sandbox["name"];
  /** Runs at one time; by default twice the processors, and four at least. */
  readonly slots?: number | undefined;
  /** Runtimes of which a sandbox waits before any is asked for; by default all that are installed. */
  readonly ahead?: readonly RuntimeName[];
  /** The runtime that the run which woke this machine needs: its sandbox is the first. */
  readonly first?: string | undefined;
  readonly log: Log;
}

/**
 * Runs a responder until it is idle, told to leave, or `signal` aborts: then it hands its runs back. Resolves with an
 * exit code of `RESPONDER_EXIT`. Throws `StartError` where it can't start or continue.
 */
export async function runResponder(
  options: ResponderOptions,
  signal: AbortSignal,
): Promise<number> {
  const { launch, state, log } = options;
  const steps = bootSteps();
  steps.done("modules");
  // Ends all work: the caller's signal, or an unreachable server. Its reason is an `Interruption`.
  const ending = new AbortController();
  let unreachable = false;
  const client = watchReachability(serverClient(launch.server_url), launch.unreachable_s, () => {
    unreachable = true;
    log.warn("the server is unreachable", { for_s: launch.unreachable_s });
    ending.abort("dropped" satisfies Interruption);
  });
  const onSignal = () => ending.abort("handed_back" satisfies Interruption);
  signal.addEventListener("abort", onSignal, { once: true });
  if (signal.aborted) onSignal();
  const draining = new AbortController();
  let told: Promise<void> | undefined;
  if (launch.interruption !== undefined) {
    void watchInterruption({
      source: launch.interruption,
      signal: ending.signal,
      onTakenBack() {
        const why = "the provider takes this machine back";
        log.warn(why);
        ending.abort("taken_back" satisfies Interruption);
        // A registered responder leaves instead, and the server ignores this.
        told = reportBooting(client, launch, { reason: "taken_back", detail: why }).catch(() => {});
      },
      onAtRisk() {
        log.warn("the provider may take this machine back; nothing more is claimed");
        draining.abort();
      },
    });
  }

  void reportBooting(client, launch).catch((error: unknown) => {
    log.warn("booting was not reported", { error: String(error) });
  });
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const onWithoutLauncher = (why: string) =>
    log.warn("bubblewrap starts all sandboxes, which takes longer", { why });
  const sandbox =
    options.sandbox === "none" ? none(state) : bubblewrap(state, { onWithoutLauncher });
  let ahead: Ahead | undefined;
  const forCommands = commandsAhead(sandbox, log);
  try {
    const runtimes = await findRuntimes(state);
    steps.done("runtimes");
    const first = runtimes.find(({ runtime }) => runtime.name === options.first);
    const features = await sandbox.probe(first);
    steps.done("sandbox");
    ahead = startAhead(sandbox, runtimes, log, options.ahead, first?.runtime.name);
    const served = { ...options, client, sandbox, features, runtimes, ahead, forCommands, steps };
    await serve(served, ending.signal, draining.signal);
    return RESPONDER_EXIT.left;
  } catch (error) {
    if (!ending.signal.aborted) {
      // Without this report the server would wait for the machine until the boot's deadline.
      if (error instanceof StartError && error.exitCode === RESPONDER_EXIT.noSandbox) {
        told = reportBooting(client, launch, {
          reason: "sandbox_missing",
          detail: error.message.slice(0, 2000),
        }).catch(() => {});
      }
      throw error;
    }
    return unreachable ? RESPONDER_EXIT.unreachable : RESPONDER_EXIT.left;
  } finally {
    signal.removeEventListener("abort", onSignal);
    ending.abort("dropped" satisfies Interruption); // Nothing is watched any more.
    await ahead?.close();
    await forCommands.close();
    await sandbox.close();
    await told;
    client.close();
  }
}

interface Served extends Omit<ResponderOptions, "sandbox" | "ahead"> {
  readonly client: ServerClient;
  readonly sandbox: Sandbox;
  readonly features: string[];
  readonly runtimes: readonly InstalledRuntime[];
  readonly ahead: Ahead;
  readonly forCommands: CommandsAhead;
  readonly steps: BootSteps;
}

type BootSteps = ReturnType<typeof bootSteps>;

/** When the steps of this start were done, in ms since the process began. */
function bootSteps() {
  const ended: Record<string, number> = {};
  return {
    ended: ended as Readonly<typeof ended>,
    done: (step: string) => void (ended[`${step}_ms`] = Math.round(performance.now())),
  };
}

/** Registers and works, again whenever the server no longer knows our token. */
async function serve(served: Served, signal: AbortSignal, drain: AbortSignal): Promise<void> {
  const { launch, log, client, runtimes, steps } = served;
  const identity = loadIdentity(served.state, machineId());
  const bootId = randomUUID();
  const slots = Math.min(MAX_SLOTS, served.slots ?? Math.max(4, 2 * availableParallelism()));
  const capabilities: Capabilities = {
    slots,
    runtimes: runtimes.map(({ runtime, version }) => ({ name: runtime.name, version })),
    sandbox: { name: served.sandbox.name, features: served.features },
  };
  const numbers = claimNumbers();
  for (;;) {
    const { responder_id, token } = await register(
      client,
      launch,
      identity,
      bootId,
      capabilities,
      signal,
    );
    steps.done("registered");
    const facts = { responder: responder_id, slots, features: served.features.join(" ") };
    log.info("registered", { ...facts, ...steps.ended });
    const calls = responderCalls(client, token);
    const leaving = leaveWithoutAsking(calls, signal, drain);
    const end = await claimLoop({
      calls,
      numbers,
      client,
      serverUrl: launch.server_url,
      execution: executions(served),
      log,
      slots,
      idleS: launch.idle_s,
      signal,
      drain,
    });
    await leaving.told();
    log.info("claims no more", { why: end });
    if (end === "token_wrong") continue;
    signal.throwIfAborted();
    return;
  }
}

/** How each kind of work is executed here. */
function executions(served: Served): AttemptContext["execution"] {
  const { ahead, runtimes, sandbox, state, client, log, launch } = served;
  const tools = {
    sandbox,
    ahead: served.forCommands,
    templates: templates(sandbox, log),
    state,
    client,
    log,
    serverUrl: launch.server_url,
    packages: packagesHelper(state),
    runtimes: async () =>
      (await findRuntimes(state)).map(({ runtime: { name }, version }) => ({ name, version })),
  };
  return (assignment, calls) => {
    const { work } = assignment;
    return work.kind === "block"
      ? blockExecution(work, { ahead, sandbox, runtimes, client, serverUrl: launch.server_url })
      : commandExecution(assignment, work, { ...tools, calls });
  };
}

/**
 * Reports leaving as soon as it is decided, before running attempts end: the server wakes another machine sooner. An
 * idle responder asks instead.
 */
function leaveWithoutAsking(calls: ResponderCalls, signal: AbortSignal, drain: AbortSignal) {
  let told: Promise<void> | undefined;
  const tell = () => {
    const why = signal.aborted ? (signal.reason as Interruption) : "taken_back";
    if (why === "dropped") return;
    const reason = why === "taken_back" ? "taken_back" : "shut_down";
    // A server that can't be reached notices by the missing heartbeats.
    told ??= calls.leave(AbortSignal.timeout(LEAVE_MS), reason).catch(() => {});
  };
  for (const one of [signal, drain]) {
    if (one.aborted) tell();
    else one.addEventListener("abort", tell, { once: true });
  }
  return {
    async told(): Promise<void> {
      for (const one of [signal, drain]) one.removeEventListener("abort", tell);
      await told;
    },
  };
}
