import type { RemoteAccess } from "./access.ts";
import { parseAddress, type Address } from "./address.ts";
import { checkedRequest } from "./checked-request.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import { retryTransient } from "./tries.ts";

const ASKED = "/info/refs";

/**
 * Where the host has a repository that was renamed: on the same host alone, as the project's credential goes to no
 * other. Throws `CommandRefusal` where it leads elsewhere.
 */
export async function addressAfterMove(
  access: RemoteAccess,
  signal: AbortSignal,
): Promise<Address> {
  const { address, authorization, allowPrivate } = access;
  const answer = await retryTransient(signal, () =>
    checkedRequest({
      method: "GET",
      url: `${address.url.replace(/\/+$/, "")}${ASKED}?service=git-upload-pack`,
      headers: authorization === undefined ? {} : { authorization },
      ...{ allowPrivate, signal },
    }),
  );
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
