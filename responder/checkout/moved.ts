import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { httpFor } from "../network/node-http.ts";
import { destination, DestinationRefused } from "../network/destination.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { RemoteAccess } from "./access.ts";
import { parseAddress, type Address } from "./address.ts";
import { retryTransient, TransientFailure } from "./tries.ts";

const ASKED = "/info/refs";
const SILENT_MS = 60_000;

/**
 * Where the host has a repository that was renamed: on the same host alone, since the project's credential goes to
 * no other. Throws `CommandRefusal` where it leads elsewhere.
 */
export async function addressAfterMove(
  access: RemoteAccess,
  signal: AbortSignal,
): Promise<Address> {
  const { address, allowPrivate } = access;
  const answer = await retryTransient(signal, () => askForRefs(access, signal));
  answer.destroy();
  const next = URL.parse(answer.headers.location ?? "", address.url);
  const path = next?.pathname.endsWith(ASKED) ? next.pathname.slice(0, -ASKED.length) : "";
  if (next?.origin === new URL(address.url).origin && path.length > 1) {
    return parseAddress(next.origin + path, allowPrivate);
  }
  throw movedAway();
}

export function movedAway(): CommandRefusal {
  return new CommandRefusal(
    "checkout_failed",
    "The repository has moved: give the project its new address (deferred projects set --repo URL).",
  );
}

/** Git's own first request: git itself does not report a redirection's target. */
async function askForRefs(
  { address, authorization, allowPrivate }: RemoteAccess,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const url = new URL(`${address.url.replace(/\/+$/, "")}${ASKED}?service=git-upload-pack`);
  const checked = await checkedAddress(address, allowPrivate);
  const { GIT_SSL_CAINFO } = process.env;
  return new Promise((resolve, reject) => {
    const sent = httpFor(url.protocol).request(url, {
      headers: authorization === undefined ? {} : { authorization },
      signal,
      agent: false,
      timeout: SILENT_MS,
      // The checked address: resolving the name again could give another (DNS rebinding).
      lookup: (_, { all }, found) => {
        const family = isIPv6(checked) ? 6 : 4;
        if (all) found(null, [{ address: checked, family }]);
        else found(null, checked, family);
      },
      ...(GIT_SSL_CAINFO === undefined ? {} : { ca: readFileSync(GIT_SSL_CAINFO) }),
    });
    sent.once("timeout", () => sent.destroy(new Error("nothing came for a minute")));
    sent.once("response", resolve);
    sent.on("error", (cause) => {
      if (signal.aborted) reject(signal.reason as Error);
      else reject(new TransientFailure(`The host ${url.hostname} did not answer`, { cause }));
    });
    sent.end();
  });
}

async function checkedAddress({ host, port }: Address, allowPrivate: boolean): Promise<string> {
  try {
    return await destination(host, port, { allowPrivate });
  } catch (cause) {
    if (!(cause instanceof DestinationRefused)) throw cause;
    throw new CommandRefusal(
      "checkout_failed",
      `The repository was not fetched: ${cause.message}.`,
      {
        cause,
      },
    );
  }
}
