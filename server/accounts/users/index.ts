import type { Logger } from "pino";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Database } from "../../database/database.ts";
import type { Mailer } from "../../mail/mailer.ts";
import type { PeopleSettings } from "../../settings/people.ts";
import { createChallenges } from "./challenges.ts";
import { createGitHubSignIn } from "./github.ts";
import { createIdentities } from "./identities.ts";
import { createAccountLimits } from "./limits.ts";
import { createUserLinks } from "./links.ts";
import { createAccountMails } from "./mails.ts";
import { createPasskeys } from "./passkeys.ts";
import { createPasswords } from "./passwords.ts";
import { createUsers } from "./users.ts";

export interface UsersDeps {
  database: Database;
  people: PeopleSettings;
  /** Absent: no mails are sent. */
  mailer: Mailer | undefined;
  /** Master key: signs challenges for passkeys. */
  secret: string;
  /** The server's public URL. */
  url: string;
  now: () => number;
  /** A clock that never jumps, in milliseconds. */
  steady: () => number;
  log: Logger;
}

export type UsersPart = ReturnType<typeof createUsersPart>;

/** People, and the ways in which they sign in. */
export function createUsersPart(deps: UsersDeps) {
  const { database, people, mailer, secret, url, now, steady, log } = deps;
  const { gitHubSignIn, signUp } = people;
  return {
    /** Removes passkeys and identities, which sign a user in without a password. */
    async removeOtherWays(user: string): Promise<void> {
      for (const table of ["passkeys", "identities"] as const) {
        await database.queries.deleteFrom(table).where("user", "=", user).execute();
      }
    },
    users: createUsers({ database, passwords: createPasswords(), now }),
    links: createUserLinks(database, now),
    passkeys: createPasskeys({ database, challenges: createChallenges({ secret, now }), url, now }),
    identities: createIdentities(database, now),
    /** Undefined: GitHub signs nobody in. */
    gitHub: gitHubSignIn && createGitHubSignIn(gitHubSignIn, url + pagePaths.gitHubCallback),
    limits: createAccountLimits(steady),
    mails: createAccountMails({ mailer, log }),
    signUp,
  };
}
