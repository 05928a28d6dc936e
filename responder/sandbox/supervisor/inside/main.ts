import { Socket } from "node:net";
import * as v from "valibot";
import {
  SupervisorRequestSchema,
  type SupervisorOperation,
  type SupervisorReply,
} from "../messages.ts";
import { requestApp } from "./app.ts";
import { ask, isAnyRunning, executeCommand, terminateCommands } from "./children.ts";
import { awaitUp, startDaemon, stopDaemon } from "./daemons.ts";
import { awaitOutput, hold, isAnyHeld, printHeld } from "./held.ts";
import { forwardPort, freePort } from "./ports.ts";

// The supervisor: the program that waits inside a command sandbox and executes the responder's requests. Built as
// one file, supervise.cjs. Its control channel is descriptor 3.

const CONTROL = 3;
const TERMINATED = 128 + 15;

// Commands that run `pkill node` mean their own.
process.title = "supervisor";
// Otherwise Node would open its debugger to the commands.
process.on("SIGUSR1", () => {});

const control = new Socket({ fd: CONTROL, readable: true, writable: true });
let stopping = false;

function perform(id: number, request: SupervisorOperation): object | Promise<object> {
  switch (request.op) {
    case "run":
      return executeCommand(request);
    case "hold":
      return hold(request);
    case "await_output":
      return awaitOutput();
    case "print":
      return printHeld(request);
    case "ask":
      return ask(request);
    case "start_daemon":
      return startDaemon({ ...request, id });
    case "stop_daemon":
      return stopDaemon(request);
    case "await_up":
      return awaitUp(request);
    case "request":
      return requestApp(request);
    case "free_port":
      return freePort();
    case "forward":
      return forwardPort(request.socket);
    case "end":
      return process.exit(request.code);
    default:
      return request satisfies never;
  }
}

async function serve(line: string): Promise<void> {
  const { id, ...request } = v.parse(SupervisorRequestSchema, JSON.parse(line));
  if (stopping && request.op !== "print" && request.op !== "await_output") return;
  let reply: SupervisorReply;
  try {
    reply = { id, result: await perform(id, request) };
  } catch (error) {
    reply = { id, error: error instanceof Error ? error.message : String(error) };
  }
  control.write(`${JSON.stringify(reply)}\n`, exitIfStopped);
}

function exitIfStopped(): void {
  if (stopping && !isAnyRunning() && !isAnyHeld()) process.exit(TERMINATED);
}

// A time limit: running commands may still print, held output as well, and nothing new is started.
process.on("SIGTERM", () => {
  stopping = true;
  terminateCommands();
  exitIfStopped();
});

let buffered = "";
control.setEncoding("utf8").on("data", (text: string) => {
  const lines = (buffered + text).split("\n");
  buffered = lines.pop() ?? "";
  for (const line of lines) void serve(line);
});
control.on("end", () => process.exit(1));
control.on("error", () => process.exit(1));
control.write("\n"); // Ready.
