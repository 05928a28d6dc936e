import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIPv6 } from "node:net";
import { isPublicAddress } from "../../protocol/addresses.ts";
import { resolveHost } from "../network/resolve.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import { TransientFailure } from "./tries.ts";

const SILENT_MS = 60_000;

export interface CheckedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

/**
 * Asks where somebody else's answer led: by https at a public address, unless private ones are allowed.
 * Redirections are not followed. Throws `CommandRefusal`, and `TransientFailure` where there was no answer.
 */
export async function checkedRequest(options: CheckedRequest): Promise<IncomingMessage> {
  const { method, headers, body, allowPrivate, signal } = options;
  const url = URL.parse(options.url);
  if (url?.protocol !== "https:" && !(allowPrivate && url?.protocol === "http:")) {
    throw refused(options.url, "it is not an https address");
  }
  const addresses = await resolveHost(url.hostname).catch((error: unknown) => {
    throw new TransientFailure(`The name of the host ${url.hostname} was not found`, {
      cause: error,
    });
  });
  const inner = allowPrivate ? undefined : addresses.find((one) => !isPublicAddress(one));
  if (inner !== undefined) throw refused(options.url, `${inner} is not a public address`);
  const [address = ""] = addresses;
  const { GIT_SSL_CAINFO } = process.env;
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      method,
      headers,
      signal,
      agent: false,
      timeout: SILENT_MS,
      // The address that was looked at, whatever its name says by now.
      lookup: (_, { all }, found) => {
        const family = isIPv6(address) ? 6 : 4;
        if (all) found(null, [{ address, family }]);
        else found(null, address, family);
      },
      ...(GIT_SSL_CAINFO === undefined ? {} : { ca: readFileSync(GIT_SSL_CAINFO) }),
    });
    sent.once("timeout", () => sent.destroy(new Error("nothing came for a minute")));
    sent.once("response", resolve);
    sent.on("error", (cause) => {
      if (signal.aborted) reject(signal.reason as Error);
      else reject(new TransientFailure(`The host ${url.hostname} did not answer`, { cause }));
    });
    sent.end(body);
  });
}

function refused(url: string, why: string): CommandRefusal {
  const shown = (URL.parse(url)?.origin ?? "an address").slice(0, 300);
  return new CommandRefusal(
    "checkout_failed",
    `The repository's large files are said to be at ${shown}, which is not fetched from: ${why}.`,
  );
}
