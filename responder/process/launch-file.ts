import { readFileSync, statSync } from "node:fs";
import * as v from "valibot";
import { LaunchFileSchema, type LaunchFile } from "../../protocol/registration.ts";
import { parseJsonText } from "./read.ts";
import { RESPONDER_EXIT, StartError } from "./start-error.ts";

/** Reads the launch file that compute wrote. Throws `StartError`. */
export function readLaunchFile(path: string): LaunchFile {
  let text: string;
  try {
    // It holds a token: readable for others, the token is already disclosed.
    if ((statSync(path).mode & 0o077) !== 0) {
      throw new StartError(
        `others may read the launch file ${path}`,
        `chmod 600 ${path}, and have the machine launched anew`,
        RESPONDER_EXIT.usage,
      );
    }
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(
      `the launch file ${path} can't be read`,
      "pass --launch the file that compute wrote for this machine",
      RESPONDER_EXIT.usage,
      { cause: error },
    );
  }
  const parsed = v.safeParse(LaunchFileSchema, parseJsonText(text));
  if (!parsed.success) {
    throw new StartError(
      `${path} is not a launch file`,
      "pass --launch the file that compute wrote for this machine",
      RESPONDER_EXIT.usage,
    );
  }
  refuseOpenHttp(parsed.output.server_url);
  return { ...parsed.output, server_url: parsed.output.server_url.replace(/\/+$/, "") };
}

/** Tokens and code go over this connection: without TLS it may not leave the machine. */
export function refuseOpenHttp(address: string): void {
  const url = URL.parse(address);
  if (url?.protocol === "https:") return;
  if (url?.protocol === "http:" && isLoopback(url.hostname)) return;
  throw new StartError(
    `the server's address ${address} is not https`,
    "set DEFERRED_URL to an https address; http is for loopback addresses only",
    RESPONDER_EXIT.usage,
  );
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}
