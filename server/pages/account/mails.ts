import { LINK_KEPT_MS } from "../../accounts/users/links.ts";
import type { AccountMail } from "../../accounts/users/mails.ts";
import { pagePaths } from "../../../protocol/paths.ts";

const HOUR_MS = 60 * 60_000;
const hoursOf = (ms: number) => (ms === HOUR_MS ? "one hour" : `${ms / HOUR_MS} hours`);
const IGNORE = "If it was not you, do nothing: somebody may have mistyped an address.";

/** The mails about accounts. None quotes what a stranger typed, so that nobody sends words of theirs by this server. */
export const accountMails = {
  signUp: (to: string, url: string, code: string): AccountMail => ({
    to,
    subject: "Create your account",
    before: [`Somebody wants to create an account at ${url} with this address.`],
    link: ["Create the account", url + pagePaths.signUpLink(code)],
    after: [`The link works once, within ${hoursOf(LINK_KEPT_MS["sign-up"])}. ${IGNORE}`],
  }),

  /** Instead of `signUp`, so that the page says the same whether or not there is an account. */
  hasAccount: (to: string, url: string): AccountMail => ({
    to,
    subject: "You have an account",
    before: [
      `Somebody wants to create an account at ${url} with this address. It has one already.`,
      `If you forgot its password, choose another: ${url}${pagePaths.resetPassword}`,
    ],
    link: ["Sign in", url + pagePaths.signInPage],
    after: [IGNORE],
  }),

  reset: (to: string, url: string, code: string): AccountMail => ({
    to,
    subject: "Choose a new password",
    before: [`Somebody asked for a new password for your account at ${url}.`],
    link: ["Choose a new password", url + pagePaths.resetPasswordLink(code)],
    after: [
      `The link works once, within ${hoursOf(LINK_KEPT_MS.reset)}. If it was not you, do nothing: your password stays as it is.`,
    ],
  }),

  confirm: (to: string, url: string, code: string): AccountMail => ({
    to,
    subject: "Confirm your e-mail address",
    before: [`An account at ${url} wants to use this address.`],
    link: ["Confirm the address", url + pagePaths.confirmEmail(code)],
    after: [`The link works once, within ${hoursOf(LINK_KEPT_MS.email)}. ${IGNORE}`],
  }),

  /** To an account's address about a change that a thief might have made. */
  changed: (to: string, url: string, what: string): AccountMail => ({
    to,
    subject: what,
    before: [`${what} at ${url}.`],
    link: ["Your account", url + pagePaths.account],
    after: ["If it was not you, choose a new password, and end the sessions that you do not know."],
  }),
};
