import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Credential } from "../../protocol/command.ts";
import { parseAddress, type Address } from "./address.ts";
import { HOST_KEYS } from "./host-keys.ts";
import { isPublicAddress } from "../../protocol/addresses.ts";
import { resolveHost } from "../network/resolve.ts";
import { TransientFailure, retryTransient } from "./tries.ts";
import { CommandRefusal } from "../project-file/refusal.ts";

const CONNECT_S = 10;

/** Git's access to one repository. */
export interface RemoteAccess {
  readonly address: Address;
  readonly protocols: readonly string[];
  readonly config: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** Value of the header that goes with every request to its host; undefined: none does. */
  readonly authorization: string | undefined;
  readonly allowPrivate: boolean;
  /** Folder that only the responder may enter. */
  readonly secrets: string;
  /** Removes secrets from the disk. */
  close(): Promise<void>;
}

export interface RemoteAccessOptions {
  readonly url: string;
  readonly credential: Credential | undefined;
  readonly allowPrivate: boolean;
  /** Folder that only the responder may enter. */
  readonly secrets: string;
  readonly signal: AbortSignal;
}

/**
 * Checks the repository's address and prepares the connection, with the project's credential. DNS rebinding is closed:
 * git connects to the addresses that were checked. No secret is in an argument or in a file that commands can read.
 * Throws `CommandRefusal`.
 */
export async function openAccess(options: RemoteAccessOptions): Promise<RemoteAccess> {
  const { credential, allowPrivate, secrets } = options;
  const address = parseAddress(options.url, allowPrivate);
  const pinned =
    allowPrivate || address.protocol === "file"
      ? undefined
      : await publicAddresses(address, options.signal);
  const protocols = [address.protocol];
  if (address.protocol === "ssh") {
    const key = credential?.kind === "deploy_key" ? credential : undefined;
    const ssh = await overSsh(address, key, pinned?.[0], secrets);
    return { address, protocols, allowPrivate, secrets, authorization: undefined, ...ssh };
  }
  const config: Record<string, string> = {};
  let authorization: string | undefined;
  if (pinned) {
    const { host, port } = address;
    config["http.curloptResolve"] = `${host}:${port}:${pinned.map(bracketed).join(",")}`;
  }
  if (credential?.kind === "token" && address.protocol !== "file") {
    if (address.protocol === "http" && !allowPrivate) {
      throw new CommandRefusal(
        "checkout_failed",
        "The repository's token would go over an open connection: give the project an https address.",
      );
    }
    const basic = Buffer.from(`${credential.user}:${credential.token}`).toString("base64");
    authorization = `Basic ${basic}`;
    // Sent with the first request, which saves a round trip for the challenge.
    config[`http.${new URL(address.url).origin}/.extraHeader`] = `Authorization: ${authorization}`;
  }
  const rest = { authorization, allowPrivate, secrets, env: {}, async close() {} };
  return { address, protocols, config, ...rest };
}

async function publicAddresses({ host }: Address, signal: AbortSignal): Promise<string[]> {
  const addresses = await retryTransient(signal, async () => {
    try {
      return await resolveHost(host);
    } catch (error) {
      throw new TransientFailure("The name of the repository's host was not found", {
        cause: error,
      });
    }
  });
  const refused = addresses.find((one) => !isPublicAddress(one));
  if (refused === undefined) return addresses;
  throw new CommandRefusal(
    "checkout_failed",
    `The repository's host ${host} is at ${refused}, which is not a public address: use a public one, or have the server's operator allow private ones (DEFERRED_ALLOW_PRIVATE=1).`,
  );
}

const bracketed = (address: string) => (address.includes(":") ? `[${address}]` : address);

async function overSsh(
  { host, port }: Address,
  key: Extract<Credential, { kind: "deploy_key" }> | undefined,
  pinned: string | undefined,
  secrets: string,
): Promise<Pick<RemoteAccess, "config" | "env" | "close">> {
  if (key === undefined) {
    throw new CommandRefusal(
      "checkout_failed",
      "A repository over ssh needs a deploy key: set one with deferred projects set --deploy-key FILE, or give its https address.",
    );
  }
  const folder = await mkdtemp(join(secrets, "key-"));
  const keyFile = join(folder, "key");
  const hostsFile = join(folder, "known_hosts");
  // ssh refuses a key without its last line end.
  await writeFile(keyFile, `${key.private_key.trimEnd()}\n`, { mode: 0o600 });
  await writeFile(hostsFile, `${key.known_hosts ?? ""}\n${HOST_KEYS}`, { mode: 0o600 });
  const options: Record<string, string> = {
    BatchMode: "yes",
    IdentitiesOnly: "yes",
    IdentityAgent: "none",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: hostsFile,
    GlobalKnownHostsFile: "/dev/null",
    UpdateHostKeys: "no",
    CheckHostIP: "no",
    ConnectTimeout: String(CONNECT_S),
    ServerAliveInterval: "15",
    // The host key belongs to the name, whichever address it resolved to.
    HostKeyAlias: port === 22 ? host : `[${host}]:${port}`,
    ...(pinned === undefined ? {} : { HostName: pinned }),
  };
  const words = ["ssh", "-F", "/dev/null", "-i", keyFile];
  for (const [name, value] of Object.entries(options)) words.push("-o", `${name}=${value}`);
  return {
    config: {},
    env: { GIT_SSH_COMMAND: words.map(quoted).join(" "), GIT_SSH_VARIANT: "ssh" },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** For the shell that git hands the command to. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
