import type { Context } from "hono";
import type { Access } from "../../accounts/access.ts";
import type { SessionList } from "../../accounts/session-list.ts";
import type { Sessions } from "../../accounts/sessions.ts";
import type { FailedSignIns } from "../../accounts/failed-sign-ins.ts";
import type { UserTokens } from "../../accounts/user-tokens.ts";
import type { UsersPart } from "../../accounts/users/index.ts";
import type { CallerLimits } from "../../http/limits/callers.ts";
import { layout, type Html, type Page } from "../layout.ts";

export interface AccountPagesDeps {
  people: UsersPart;
  sessions: Sessions;
  access: Access;
  callers: Pick<CallerLimits, "caller" | "waitForGuess" | "countGuess">;
  /** Whether the code of an invitation to a project works. */
  isInvitation: (code: string) => Promise<boolean>;
  sessionList: SessionList;
  failedSignIns: FailedSignIns;
  /** What `deferred login` got for users. */
  userTokens: Pick<UserTokens, "listOf" | "revokeOf" | "revokeAllOf">;
  /** Removes a user with all that is theirs. */
  removeUser: (id: string) => Promise<void>;
  /** The server's public URL. */
  url: string;
  version: string;
  now: () => number;
}

export interface AccountPage extends Pick<Page, "scripts"> {
  title: string;
  /** For search engines and previews; absent: the title. */
  description?: string;
  main: Html;
  status?: 200 | 403 | 404 | 409 | 422 | 429;
}

export type Show = ReturnType<typeof createShow>;

/** Answers with a page that no cache keeps. */
export function createShow({ access, version }: Pick<AccountPagesDeps, "access" | "version">) {
  return async (c: Context, { status = 200, ...page }: AccountPage): Promise<Response> => {
    c.header("cache-control", "no-store");
    const signedIn = await access.currentUser(c);
    return c.html(layout({ description: page.title, ...page, signedIn, version }), status);
  };
}

/** How long to wait, in words. */
export function waitWords(seconds: number): string {
  if (seconds < 100) return `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
