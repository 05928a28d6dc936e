import type { Context } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import type { User } from "../../accounts/users/users.ts";
import { withBack } from "./sign-in.ts";
import type { AccountPagesDeps } from "./show.ts";

type Answer = Response | Promise<Response>;

/**
 * A handler of a page about one's own account. With `fresh`, a proof is asked for before the form is shown, so that
 * nothing that was typed is lost.
 */
export function ownPage(
  { access, people }: Pick<AccountPagesDeps, "access" | "people">,
  { fresh = false }: { fresh?: boolean },
  answer: (c: Context, user: User) => Answer,
) {
  return async (c: Context): Promise<Response> => {
    const { pathname, search } = new URL(c.req.url);
    const signedIn = await access.currentUser(c);
    const user = signedIn && (await people.users.find(signedIn.user.id));
    if (!user) return c.redirect(withBack(pagePaths.signInPage, pathname + search), 303);
    if (fresh && !(await access.hasProof(c))) {
      return c.redirect(pagePaths.prove(pathname + search), 303);
    }
    return answer(c, user);
  };
}
