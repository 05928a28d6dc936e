import { expect, test } from "vitest";
import { startIntercepted, type Intercept } from "../systems/in-process.ts";

const TWO_FILES = "echo one >artifacts/one.txt; echo two >artifacts/two.txt; echo printed\n";

/** Lets `refuse` answer uploads; everything else passes. */
const uploads =
  (refuse: (name: string, tries: number) => Response | undefined): Intercept =>
  async (request, passOn) => {
    const { pathname } = new URL(request.url);
    if (request.method !== "PUT") return passOn(request);
    const name = pathname.split("/").slice(-2).join("/");
    const tries = (tried.get(name) ?? 0) + 1;
    tried.set(name, tries);
    return refuse(name, tries) ?? passOn(request);
  };
const tried = new Map<string, number>();

async function finished(refuse: (name: string, tries: number) => Response | undefined) {
  tried.clear();
  const server = await startIntercepted(uploads(refuse));
  const result = await server.result(await server.run(TWO_FILES));
  const files = await Promise.all(
    result.artifacts.map(async ({ name, url }) => [name, await (await fetch(url)).text()]),
  );
  return { result, files };
}

const FILES = [
  ["one.txt", "one\n"],
  ["two.txt", "two\n"],
];

test("an upload that fails for a while is tried again, and the run knows nothing of it", async () => {
  const { result, files } = await finished((name, tries) =>
    name === "1/two.txt" && tries <= 2 ? new Response(null, { status: 503 }) : undefined,
  );
  expect(result).toMatchObject({ state: "succeeded", attempt: 1, stdout: "printed\n" });
  expect(files).toEqual(FILES);
  expect(tried.get("1/two.txt")).toBe(3);
});

test("one that is refused costs the attempt: the next one's files are there", async () => {
  const { result, files } = await finished((name) =>
    name === "1/two.txt" ? new Response(null, { status: 403 }) : undefined,
  );
  expect(result).toMatchObject({ state: "succeeded", attempt: 2, stdout: "printed\n" });
  expect(files).toEqual(FILES);
  expect(tried.get("1/two.txt")).toBe(1);
});

test("so does one that storage accepted and then does not have", async () => {
  const { result, files } = await finished((name) =>
    name === "1/two.txt" ? new Response(null, { status: 200 }) : undefined,
  );
  expect(result).toMatchObject({ state: "succeeded", attempt: 2, stdout: "printed\n" });
  expect(files).toEqual(FILES);
});

test("with no storage at all the run ends with that reason and its output", async () => {
  const { result } = await finished(() => new Response(null, { status: 403 }));
  expect(result).toMatchObject({
    state: "errored",
    reason: { code: "upload_failed" },
    stdout: "printed\n",
    artifacts: [],
  });
});
