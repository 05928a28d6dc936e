import { expect, test } from "vitest";
import { startSystem } from "./system.ts";

/** Served, but for pages and their files: what the document has to name. */
const PAGES = [
  "/",
  "/docs",
  "/examples",
  "/deferred-runner.js",
  "/assets/",
  "/v/",
  "/gallery",
  "/projects",
  "/sign-in/",
  "/operator",
  "/runs",
  "/account",
  "/confirm-email/",
  "/device",
  "/invitations/",
  "/reset-password",
  "/sign-up",
];
/** A session, for people: its pages, and what a form of theirs sends. */
const FORMS = [
  "GET /sign-in",
  "GET /sign-out",
  "POST /sign-out",
  "POST /{owner}/{name}/blocks/{block}",
  "POST /gists/{user}/{id}",
  "POST /gists/{user}/{id}/files/{file}",
];
/** Forms below pages, which no program sends. */
const FORMS_BELOW =
  /^POST \/(?:(?:account|operator|projects|runs|auth|confirm-email|invitations)\/|device$|reset-password|sign-in$|sign-up)/;
/** The pages below a block's own. */
const OF_BLOCKS = /\/(?:embed|image\.png|runs\/\{run\})$/;

test("the document names every call that is served, and no other", async () => {
  const { app, call } = await startSystem();
  const document = (await (await call("GET", "/openapi.json")).json()) as {
    paths: Record<string, object>;
  };
  const served = app.routes
    .filter((route) => route.method !== "ALL")
    .map((route) => `${route.method} ${route.path.replace(/:(\w+)(\{.+\})?/g, "{$1}")}`)
    // Served below one wildcard, and described by what is stored there.
    .filter((path) => !path.endsWith("/*"))
    .filter((call) => !FORMS.includes(call) && !FORMS_BELOW.test(call))
    .filter((call) => !(/\{block\}|\/gists\//.test(call) && OF_BLOCKS.test(call)))
    .filter(
      (call) =>
        !PAGES.some(
          (page) => call === `GET ${page}` || (page !== "/" && call.startsWith(`GET ${page}`)),
        ),
    );
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.toSorted()).toEqual([...new Set(served)].toSorted());
});

test("it is served with the server's URL, to anybody", async () => {
  const { call } = await startSystem();
  const response = await call("GET", "/openapi.json");
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(await response.json()).toMatchObject({
    openapi: "3.1.0",
    servers: [{ url: "http://127.0.0.1:8080" }],
  });
});
