import type { CommandWork, Credential } from "../../protocol/command.ts";
import { parseAddress, type Address } from "./address.ts";

/** How a submodule is fetched. */
export interface Way {
  readonly url: string;
  readonly credential: Credential | undefined;
}

/**
 * The ways to fetch a submodule, in the order to try. On the project's own host it gets the project's credential. Most
 * `.gitmodules` name ssh while a project has a token for https, so there it is fetched by the project's own protocol. A
 * stranger's commit gets no credential: a fork could otherwise read the project's other repositories.
 */
export function waysTo(url: string, { repository, stranger }: CommandWork): Way[] {
  const own = parseAddress(repository.url, repository.allow_private);
  const other = parseAddress(url, repository.allow_private);
  const credential = stranger ? undefined : repository.credential;
  const isSame = (["protocol", "host", "port"] as const).every((part) => own[part] === other[part]);
  if (isSame) return [{ url, credential }];
  const asWritten = { url, credential: undefined };
  const isNear = own.host !== "" && own.host.toLowerCase() === other.host.toLowerCase();
  const isOverSsh = other.protocol === "ssh";
  // Another port of the same protocol is another service.
  if (!isNear || isOverSsh === (own.protocol === "ssh")) return [asWritten];
  const ownWay = { url: byProjectsWay(own, repository.url, other), credential };
  // ssh always needs a key. Over https a public repository needs no credential; a deploy key, which may open one
  // repository alone, serves the others.
  if (isOverSsh) return [ownWay];
  return credential === undefined ? [asWritten] : [asWritten, ownWay];
}

/** The repository `other` by the protocol, the user and the port of the project's own. */
function byProjectsWay(own: Address, text: string, other: Address): string {
  const path = repositoryPath(other.url);
  const [scpUser] = text.includes("://") ? [] : text.split(":");
  if (scpUser !== undefined) return `${scpUser}:${path}`;
  const url = new URL(own.url);
  url.pathname = `/${path}`;
  return url.href;
}

/** Without a slash before it. */
function repositoryPath(url: string): string {
  const path = url.includes("://") ? new URL(url).pathname : url.slice(url.indexOf(":") + 1);
  return path.replace(/^\/+/, "");
}
