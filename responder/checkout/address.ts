import { CommandRefusal } from "../project-file/refusal.ts";

/** Where a repository is, taken apart and found to be of a form that is fetched from. */
export interface Address {
  /** As git gets it: without any password. */
  readonly url: string;
  readonly protocol: "https" | "http" | "ssh" | "file";
  /** Without brackets; empty for `file`. */
  readonly host: string;
  readonly port: number;
}

const PORTS = { https: 443, http: 80, ssh: 22, file: 0 } as const;

/**
 * Takes a repository's URL apart. `file:` is for servers that allow private addresses. Throws `CommandRefusal`
 * for every other form, `ext::` and options among them.
 */
export function parseAddress(text: string, allowPrivate: boolean): Address {
  const url = URL.parse(text.includes("://") ? text : scpAsUrl(text));
  const protocol = url?.protocol.slice(0, -1);
  if (
    !url ||
    (protocol !== "https" && protocol !== "http" && protocol !== "ssh" && protocol !== "file")
  ) {
    throw refusal(text, "it is not an address like https://… or git@host:path");
  }
  if (protocol === "file" && !(allowPrivate && url.host === "")) {
    throw refusal(text, "this server does not take repositories from files");
  }
  if (/[\0-\x20\x7f]/.test(decodeURI(url.pathname)) || url.search !== "" || url.hash !== "") {
    throw refusal(text, "blanks, ? and # can't be part of it");
  }
  if (url.password !== "" || (url.username !== "" && protocol !== "ssh")) {
    throw refusal(text, "a password can't be part of it; make it the project's repository token");
  }
  // Each of these would be an option to ssh.
  if (
    url.hostname.startsWith("-") ||
    url.username.startsWith("-") ||
    url.pathname.startsWith("/-")
  ) {
    throw refusal(text, "no part of it may begin with -");
  }
  return {
    // A path after a colon begins at the user's home; as a URL it would begin at the root.
    url: text.includes("://") ? url.href : text,
    protocol,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? PORTS[protocol] : Number(url.port),
  };
}

/** `git@host:path` as a URL; other text as it is. */
function scpAsUrl(text: string): string {
  const [, user, host, path] = /^(?:([\w.-]+)@)?([\w.-]+):(?!:|\/\/)(.+)$/.exec(text) ?? [];
  if (host === undefined || path === undefined) return text;
  return `ssh://${user === undefined ? "" : `${user}@`}${host}/${path.replace(/^\/+/, "")}`;
}

/** A submodule's URL, which may be relative to its parent's: each `../` takes the parent's last part away. */
export function resolveUrl(text: string, parent: Address): string {
  if (!/^\.\.?\//.test(text)) return text;
  let base = parent.url.replace(/\/+$/, "");
  let separator = "/";
  let rest = text;
  for (;;) {
    if (rest.startsWith("./")) rest = rest.slice(2);
    else if (rest.startsWith("../")) {
      const end = Math.max(base.lastIndexOf("/"), base.lastIndexOf(":"));
      separator = base.charAt(end);
      base = base.slice(0, Math.max(0, end));
      rest = rest.slice(3);
    } else return `${base}${separator}${rest}`;
  }
}

function refusal(text: string, why: string): CommandRefusal {
  const shown = text.replace(/\/\/[^/@]*@/, "//").slice(0, 300);
  return new CommandRefusal(
    "checkout_failed",
    `The repository's address ${JSON.stringify(shown)} is not fetched from: ${why}.`,
  );
}
