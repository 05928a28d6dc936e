import { Hono, type Context } from "hono";
import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Fault } from "../../operate/faults/faults.ts";
import type { SignedIn } from "../../accounts/sessions.ts";
import { pageHeaders } from "../headers.ts";
import { layout } from "../layout.ts";
import { notFoundPage } from "../not-found.ts";
import { refusedForm } from "../refused-form.ts";
import { signInPage } from "../sign-in.ts";
import { faultsPage } from "./page.ts";
import { wakesSection, type WakeFigures } from "./wakes.ts";

export interface OperatorPagesDeps {
  faults: () => Fault[];
  /** Recent wake times of machines. */
  wakes: () => Promise<WakeFigures[]>;
  currentUser: (c: Context) => Promise<SignedIn | undefined>;
  version: string;
  now: () => number;
}

/** Pages for the operator, signed in by the owner's session. */
export function operatorPages({
  faults,
  wakes,
  currentUser,
  version,
  now,
}: OperatorPagesDeps): Hono {
  const app = new Hono().onError(refusedForm({ currentUser, version }));
  app.use("/operator/*", pageHeaders({ origins: [], referrer: "same-origin" }));
  app.get(pagePaths.operator, async (c) => {
    c.header("cache-control", "no-store");
    const signedIn = await currentUser(c);
    if (!signedIn) return c.html(signInPage(version, c), 401);
    if (!signedIn.user.owner) return c.html(notFoundPage({ version, signedIn }), 404);
    const page = layout({
      title: "Faults",
      description: "Errors of this server itself.",
      wide: true,
      ...{ signedIn, version },
      main: html`${faultsPage(faults(), now())} ${wakesSection(await wakes())}`,
    });
    return c.html(page);
  });
  return app;
}
