import { Hono, type Context } from "hono";
import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Fault } from "../../operate/faults/faults.ts";
import { pageHeaders } from "../headers.ts";
import { layout } from "../layout.ts";
import { refusedForm } from "../refused-form.ts";
import { signInPage } from "../sign-in.ts";
import { faultsPage } from "./page.ts";
import { wakesSection, type WakeFigures } from "./wakes.ts";

export interface OperatorPagesDeps {
  faults: () => Fault[];
  /** Recent wake times of machines. */
  wakes: () => Promise<WakeFigures[]>;
  isSignedIn: (c: Context) => Promise<boolean>;
  version: string;
  now: () => number;
}

/** Pages for the operator, signed in by the owner's session. */
export function operatorPages({
  faults,
  wakes,
  isSignedIn,
  version,
  now,
}: OperatorPagesDeps): Hono {
  const app = new Hono().onError(refusedForm(version));
  app.use("/operator/*", pageHeaders({ origins: [], referrer: "same-origin" }));
  app.get(pagePaths.operator, async (c) => {
    c.header("cache-control", "no-store");
    if (!(await isSignedIn(c))) return c.html(signInPage(version), 401);
    const page = layout({
      title: "Faults",
      description: "Errors of this server itself.",
      wide: true,
      signedIn: true,
      version,
      main: html`${faultsPage(faults(), now())} ${wakesSection(await wakes())}`,
    });
    return c.html(page);
  });
  return app;
}
