import type { GistFile } from "../../protocol/gists.ts";

/** A signed file of a gist, and whether search engines may list it. */
interface FoundGistFile extends GistFile {
  isPublic: boolean;
  /** The gist's page at GitHub. */
  url: string | undefined;
}

/** Finds a signed file; `id` may end in `@revision`. Throws `ApiError`. */
export type FindGistFile = (
  user: string,
  id: string,
  file: string | undefined,
) => Promise<FoundGistFile>;
