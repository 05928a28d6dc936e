import { expect, test } from "vitest";
import { OPERATIONS } from "../../server/openapi/document.ts";
import { startSystem } from "./system.ts";

/** Served, but for pages and their files: what the document has to name. */
const PAGES = [
  "/",
  "/docs",
  "/deferred-runner.js",
  "/assets/",
  "/v/",
  "/projects",
  "/sign-in/",
  "/operator",
];
/** A session, for people: its pages, and what a form of theirs sends. */
const FORMS = ["GET /sign-in", "GET /sign-out", "POST /sign-out"];

test("the document names every call that is served, and no other", async () => {
  const { app } = await startSystem();
  const served = app.routes
    .filter((route) => route.method !== "ALL")
    .map((route) => `${route.method} ${route.path.replace(/:(\w+)(\{.+\})?/g, "{$1}")}`)
    .filter((call) => !FORMS.includes(call))
    .filter(
      (call) =>
        !PAGES.some(
          (page) => call === `GET ${page}` || (page !== "/" && call.startsWith(`GET ${page}`)),
        ),
    );
  const described = Object.entries(OPERATIONS).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  // Some addresses below one wildcard each, which a document can say better.
  const said = described.map((call) =>
    call.replace(/ \/results\/.*/, " /results/*").replace(/\/(uploads|private)\/\{key\}/, "/$1/*"),
  );
  expect([...new Set(said)].toSorted()).toEqual([...new Set(served)].toSorted());
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
