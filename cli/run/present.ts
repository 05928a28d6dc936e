import type { RunEvent } from "../../protocol/events.ts";
import type { Ending, RunCreated } from "../../protocol/run.ts";
import { formatSize } from "../duration.ts";
import { EXIT } from "../exit-codes.ts";
import { follow } from "./follow.ts";
import { statusLine } from "./status-line.ts";
import { cancelRun } from "./submit.ts";
import { terminalFilter } from "./terminal-text.ts";
import { endSentence, exitCodeOf, statusText } from "./words.ts";

/** How long after Ctrl-C the run's end is waited for, in ms. */
const CANCEL_PATIENCE_MS = 5_000;

/**
 * Shows a run as it happens, until it ends; Ctrl-C cancels it. Returns the exit code.
 * `quiet` keeps the program's output back.
 */
export async function present(
  serverUrl: string,
  created: RunCreated,
  { quiet }: { quiet: boolean },
): Promise<number> {
  const status = statusLine(process.stderr);
  const stop = new AbortController();
  const ending = onInterrupt(async () => {
    status.show(() => "Canceling");
    setTimeout(() => stop.abort(), CANCEL_PATIENCE_MS).unref();
    await cancelRun(serverUrl, created).catch(() => stop.abort());
  });
  const show = screen(status, quiet);
  try {
    for await (const event of follow(created.events_url, stop.signal)) {
      show(event);
      if (event.type === "ended") return exitCodeOf(event);
    }
    return EXIT.canceled;
  } finally {
    status.clear();
    ending();
  }
}

/** Calls `action` at the first Ctrl-C or SIGTERM; the second ends the process. Returns its undoing. */
function onInterrupt(action: () => Promise<void>): () => void {
  let asked = false;
  const listener = () => {
    if (asked) process.exit(EXIT.canceled);
    asked = true;
    void action();
  };
  process.on("SIGINT", listener);
  process.on("SIGTERM", listener);
  return () => {
    process.off("SIGINT", listener);
    process.off("SIGTERM", listener);
  };
}

/** What an event does to the terminal. */
function screen(status: ReturnType<typeof statusLine>, quiet: boolean): (event: RunEvent) => void {
  const filters = {
    stdout: process.stdout.isTTY ? terminalFilter() : (text: string) => text,
    stderr: process.stderr.isTTY ? terminalFilter() : (text: string) => text,
  };
  let since = performance.now();
  let printed = false;
  return (event) => {
    if (event.type === "queued") status.show(statusText(event, since)!);
    if (event.type === "waking") {
      // Both moments are the server's, so this machine's clock may be wrong.
      const age = Math.max(0, Date.parse(event.at) - Date.parse(event.since));
      status.show(statusText(event, performance.now() - age)!);
    }
    if (event.type === "attempt_started" || event.type === "retrying") {
      since = performance.now();
      if (printed) note(`attempt ${event.attempt}: what was printed so far does not count`);
      printed = false;
      status.show(statusText(event, since)!);
    }
    if (event.type === "output" && !quiet) {
      status.clear();
      printed = true;
      if (event.cut) note(`${formatSize(event.cut)} of ${event.stream} are left out here`);
      process[event.stream].write(filters[event.stream](event.text));
    }
    if (event.type === "ended") {
      status.clear();
      if (event.state !== "succeeded" || process.stderr.isTTY) note(endSentence(event));
      listArtifacts(event);
    }
  };
}

function listArtifacts({ artifacts, truncated }: Ending): void {
  for (const { name, size, url } of artifacts)
    note(`artifact ${name} (${formatSize(size)}) ${url}`);
  if (truncated.artifacts > 0) note(`${truncated.artifacts} artifacts were left out`);
}

/** Names of artifacts are the program's: they may hold no control sequences. */
function note(text: string): void {
  process.stderr.write(`note: ${terminalFilter()(text)}\n`);
}
