import { ApiError } from "../../protocol/deferred-error.ts";

/** One revision of a gist, or its newest. */
export interface GistAddress {
  user: string;
  id: string;
  /** The commit's id in hex; absent: the newest. */
  revision?: string | undefined;
}

/** Reads `user` and `id` or `id@revision`, as they stand in paths. Throws `gist_not_found`. */
export function readGistAddress(user: string, text: string): GistAddress {
  const [id = "", revision, ...rest] = text.split("@");
  if (!/^[A-Za-z0-9][\w-]{0,38}$/.test(user) || !/^[0-9A-Fa-f]{1,40}$/.test(id)) {
    throw new ApiError("gist_not_found", "The address is USER/ID, as on the gist's own page.");
  }
  if (rest.length > 0 || (revision !== undefined && !/^[0-9a-f]{40}$/.test(revision))) {
    throw new ApiError("gist_not_found", "A revision is the 40 characters of the gist's commit.");
  }
  return { user, id: id.toLowerCase(), revision };
}
