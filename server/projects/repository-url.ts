import { ApiError } from "../../protocol/deferred-error.ts";
import { checkHost, type AddressOptions } from "./address.ts";

/** A host name or IPv6 address. Percent signs are excluded, since git would decode them. */
const HOST = /^([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?|\[[0-9a-fA-F:.]+\])$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
/** `user@host:path`, as ssh takes it. */
const SCP_LIKE = /^([^@:/]+)@(\[[^\]]*\]|[^@:/]+):([^:].*)$/;

/**
 * Checks a repository's URL and returns it in the form that is stored and given to git. Throws `repository_refused`
 * with the form to write instead.
 */
export async function repositoryUrl(text: string, options: AddressOptions): Promise<string> {
  if (!/^[\x21-\x7e]+$/.test(text)) throw refused("It holds blanks or characters that no URL has.");
  const scpLike = text.includes("://") ? null : SCP_LIKE.exec(text);
  if (scpLike) return checkedScp(text, scpLike, options);
  const url = URL.parse(text);
  switch (url?.protocol) {
    case "https:":
    case "http:":
      return checkedHttp(url, options);
    case "ssh:":
      return checkedSsh(url, options);
    case "file:":
      return checkedFile(url, options);
    default:
      throw refused("Write it as https://host/path, ssh://user@host/path or user@host:path.");
  }
}

/** Whether git reaches it over ssh, which takes a deploy key. */
export function isSshUrl(url: string): boolean {
  return url.startsWith("ssh:") || !url.includes("://");
}

async function checkedScp(
  text: string,
  [, user = "", host = "", path = ""]: RegExpExecArray,
  options: AddressOptions,
): Promise<string> {
  if (!USER.test(user) || !HOST.test(host) || path.startsWith("-")) {
    throw refused("Write it as user@host:path, without options.");
  }
  await checkHost(host, options);
  return text;
}

async function checkedHttp(url: URL, options: AddressOptions): Promise<string> {
  if (url.username || url.password) {
    throw refused("It holds credentials: leave them out and give them as the repository's token.");
  }
  await checkRest(url, options);
  return url.href;
}

async function checkedSsh(url: URL, options: AddressOptions): Promise<string> {
  if (url.password) {
    throw refused("It holds a password: leave it out and give a deploy key.");
  }
  if (url.username && !USER.test(url.username)) throw refused("Its user's name is not one.");
  if (url.pathname.startsWith("/-")) throw refused("Its path begins like an option.");
  await checkRest(url, options);
  return url.href;
}

async function checkedFile(url: URL, { allowPrivate }: AddressOptions): Promise<string> {
  if (!allowPrivate) {
    throw refused(
      "Folders of the server's own machine are served where its operator sets DEFERRED_ALLOW_PRIVATE=1.",
    );
  }
  if (url.host !== "" || url.search || url.hash) throw refused("Write it as file:///path.");
  return url.href;
}

async function checkRest(url: URL, options: AddressOptions): Promise<void> {
  if (!HOST.test(url.hostname)) throw refused("Its host is not a name or an address.");
  if (url.search || url.hash) throw refused("Leave out what follows ? or #.");
  if (url.pathname.length < 2) throw refused("It names a host, but no repository on it.");
  await checkHost(url.hostname, options);
}

function refused(why: string): ApiError {
  return new ApiError("repository_refused", why);
}
