import type { Rule } from "./access-callers.ts";

/** The pages of a block that is published, and its run. */
export function blockPages(path: string): Record<string, Rule> {
  const pages = ["", "/runs/:run", "/artifacts/:artifact{.+}", "/embed", "/image.png"];
  const routes = [...pages.map((page) => `GET ${path}${page}`), `POST ${path}`];
  return Object.fromEntries(routes.map((route) => [route, "open"]));
}

/** Pages of forms for the server's owner, and what they send. */
export function operatorForms(...names: string[]): Record<string, Rule> {
  return Object.fromEntries(
    names.flatMap((name): [string, Rule][] => [
      [`GET /operator/${name}`, "session"],
      [`POST /operator/${name}`, "form owner"],
    ]),
  );
}

/** Pages of a project with a form, for people whose role includes the scope, and what the form sends. */
export function forms(
  scope: "run" | "admin" | "own",
  paths: readonly string[],
): Record<string, Rule> {
  return Object.fromEntries(
    paths.flatMap((path): [string, Rule][] => [
      [`GET /projects/:owner/:name${path}`, `page ${scope}`],
      [`POST /projects/:owner/:name${path}`, `form ${scope}`],
    ]),
  );
}

/** The settings pages of a project. */
export const SETTINGS_FORMS = [
  "",
  "/branches",
  "/repository",
  "/repository/:credential",
  "/repository/:credential/remove",
  "/webhook/renew",
  "/webhook/github",
  "/secrets",
  "/secrets/:secret/remove",
  "/notices",
  "/notices/webhooks",
  "/notices/webhooks/:id/remove",
  "/keys",
  "/keys/:kid/revoke",
  "/tokens/:id/revoke",
].map((path) => `/settings${path}`);

export function closed(below: string, names: string[]): Record<string, Rule> {
  return Object.fromEntries(names.map((name) => [`${below}/${name}`, "closed"]));
}

/** A page with a form. */
export function accountPages(paths: string[][]): Record<string, Rule> {
  const rules = paths.flat().map((path): [string, Rule][] => [
    [`GET ${path}`, "open"],
    [`POST ${path}`, "closed"],
  ]);
  return Object.fromEntries(rules.flat());
}
