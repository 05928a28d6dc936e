import { uniqueSymbol } from "hono-openapi";
import { findTargetHandler } from "hono/utils/handler";
import { expect, test } from "vitest";
import { EXAMPLES } from "../../server/http/openapi/examples/index.ts";
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

/** Their addresses come signed, so that nobody writes such a call. */
const SIGNED = ["PUT /v1/uploads/{key}", "GET /private/{key}", "GET /blocks/{key}"];

interface DescribedContent {
  schema?: { validate?: (value: unknown) => Promise<{ value?: unknown; issues?: unknown }> };
}
interface Described {
  requestBody?: { content: Record<string, DescribedContent> };
  responses?: Record<string, { content?: Record<string, DescribedContent> }>;
}

/** What a schema lost or refused of an example; undefined where it took all. */
async function whatIsWrong(
  example: unknown,
  content: Record<string, DescribedContent> | undefined,
): Promise<string | undefined> {
  const [[type, { schema = {} }] = ["", {}]] = Object.entries(content ?? {});
  if (example === undefined) return schema.validate ? "no example" : undefined;
  if (!schema.validate) return type.startsWith("text/") ? undefined : "no schema";
  const values = type === "text/event-stream" ? eventsIn(example as string) : [example];
  for (const value of values) {
    const { value: taken, issues } = await schema.validate(value);
    if (issues) return JSON.stringify(issues);
    // Schemas leave out fields that they do not know.
    expect(taken).toMatchObject(value as object);
  }
  return undefined;
}

function eventsIn(stream: string): unknown[] {
  return [...stream.matchAll(/^data: (.*)$/gm)].map(([, data]) => {
    const { run: _run, id: _id, at: _at, ...event } = JSON.parse(data!) as Record<string, unknown>;
    return event;
  });
}

test("every call has an example, and its own schemas take all of it", async () => {
  const { app } = await startSystem();
  const wrong: string[] = [];
  const seen = new Set<string>();
  for (const { method, path, handler } of app.routes) {
    const marked = findTargetHandler(handler) as { [uniqueSymbol]?: { spec?: Described } };
    const spec = marked[uniqueSymbol]?.spec;
    if (!spec || method === "ALL") continue;
    const call = `${method} ${path.replace(/:(\w+)(\{.+\})?/g, "{$1}")}`;
    seen.add(call);
    const example = EXAMPLES[call];
    if (!example && !SIGNED.includes(call)) wrong.push(`${call}: no example`);
    if (!example) continue;
    const body = await whatIsWrong(example.body, spec.requestBody?.content);
    if (body) wrong.push(`${call}, body: ${body}`);
    const answers = Object.entries(spec.responses ?? {}).filter(([status]) => Number(status) < 300);
    const answered = answers.findLast(([, { content }]) => content)?.[1].content;
    const answer = await whatIsWrong(example.answer, answered);
    if (answer) wrong.push(`${call}, answer: ${answer}`);
  }
  expect(wrong).toEqual([]);
  expect(Object.keys(EXAMPLES).filter((call) => !seen.has(call))).toEqual([]);
});

test("the document has each example where its call has it", async () => {
  const { call } = await startSystem();
  type Shown = { content?: Record<string, { example?: unknown }> } | undefined;
  interface Operation {
    parameters?: { name: string; example?: string }[];
    requestBody?: Shown;
    responses: Record<string, Shown>;
  }
  const { paths } = (await (await call("GET", "/openapi.json")).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const exampleIn = (shown: Shown) => Object.values(shown?.content ?? {})[0]?.example;
  for (const [name, { path: values = {}, query = {}, body, answer }] of Object.entries(EXAMPLES)) {
    const [method = "", path = ""] = name.split(" ");
    const { parameters = [], requestBody, responses } = paths[path]![method.toLowerCase()]!;
    const shown = Object.fromEntries(parameters.map((one) => [one.name, one.example]));
    expect([name, shown]).toEqual([name, expect.objectContaining({ ...values, ...query })]);
    expect([name, exampleIn(requestBody)]).toEqual([name, body]);
    const answers = Object.values(responses).map(exampleIn);
    expect([name, answers.filter((one) => one !== undefined)]).toEqual([
      name,
      answer === undefined ? [] : [answer],
    ]);
  }
});
