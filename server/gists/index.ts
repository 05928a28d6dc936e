import type { Hono } from "hono";
import { languageOf } from "../../blocks/embed-tag.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { CallerLimits } from "../http/limits/callers.ts";
import { readGistAddress } from "./address.ts";
import { createGistCache } from "./cache.ts";
import { gitHubGists } from "./github.ts";
import type { FindGistFile } from "./found-file.ts";
import { gistRoutes } from "./routes.ts";
import { signedFile } from "./signed-files.ts";

export interface GistsPartDeps {
  /** Base of GitHub's REST API; undefined: github.com's own. */
  api: string | undefined;
  token: string | undefined;
  callers: Pick<CallerLimits, "countRead">;
  /** Milliseconds since 1970. */
  now: () => number;
  /** A clock that never jumps, in milliseconds. */
  steady: () => number;
}

export interface GistsPart {
  find: FindGistFile;
  routes: Hono;
}

export function createGistsPart({ api, token, callers, now, steady }: GistsPartDeps): GistsPart {
  const read = gitHubGists({ api: api ?? "https://api.github.com", token, now });
  const findGist = createGistCache({ read, steady });
  const find: FindGistFile = async (user, id, file) => {
    const address = readGistAddress(user, id);
    const gist = await findGist(address);
    if (gist.user.toLowerCase() !== user.toLowerCase()) {
      throw new ApiError("gist_not_found", `${user} has no gist ${address.id}.`);
    }
    const { claims, token: block, ...signed } = signedFile(gist, file);
    return {
      user: gist.user,
      id: address.id,
      revision: gist.revision,
      ...signed,
      language: languageOf(claims.runtime),
      block,
      url: gist.url,
      isPublic: gist.isPublic,
    };
  };
  return { find, routes: gistRoutes({ find, callers }) };
}
