import { expect, test, vi } from "vitest";
import { press, mount, scripted, seenIn, tokenWith } from "./stage.ts";

const TOKEN = tokenWith({ runtime: "python@3.11", cache_s: 60 });
const CODE = "print(6 * 7)\n";

type Server = ReturnType<typeof scripted>;

const mountGist = (server: Server, more: Record<string, string> = {}) =>
  mount(server.url, `<a href="https://gist.github.com/octocat/1">x.py</a>`, {
    block: "",
    gist: "octocat/1",
    ...more,
  });

const codeOf = (element: Element) => element.querySelector("pre > code");
const sent = async (server: Server) =>
  (await server.seen())
    .filter(({ method }) => method === "POST")
    .map(({ body }) => JSON.parse(body) as { block: string; code: string });

test("a gist's code stands in the page before a press, and is sent with its signature", async () => {
  const server = scripted();
  await server.accept();
  const body = { code: CODE, block: TOKEN, language: "python" };
  await server.tell({ do: "serve", path: "/v1/gists/octocat/1", body });
  const element = await mountGist(server, { file: "x y.py" });
  await vi.waitFor(() => expect(codeOf(element)?.textContent).toBe("print(6 * 7)"));
  expect(codeOf(element)!.className).toBe("language-python");
  expect(element.querySelector("a")!.textContent).toBe("x.py");
  expect((await server.seen())[0]!.path).toBe("/v1/gists/octocat/1?file=x%20y.py");
  press(element);
  await vi.waitFor(async () => {
    expect(await sent(server)).toMatchObject([{ block: TOKEN, code: "print(6 * 7)" }]);
  });
});

test("why a gist has no code is said in the page's language, and Run asks again", async () => {
  const server = scripted();
  await server.accept();
  const path = "/v1/gists/octocat/1";
  const problem = {
    code: "gist_unsigned",
    title: "No signature.",
    detail: "x.py.block is missing.",
  };
  await server.tell({ do: "serve", path, status: 422, body: problem });
  const [english, german] = [await mountGist(server), await mountGist(server, { lang: "de" })];
  await vi.waitFor(() => {
    expect(seenIn(english, "status")).toContain("No signature. x.py.block is missing.");
    expect(seenIn(german, "status")).toContain("Im Gist steht keine Signatur neben der Datei");
  });
  expect(english.state).toBe("refused");
  const body = { code: CODE, block: TOKEN, language: "python" };
  await server.tell({ do: "serve", path, body });
  press(english);
  await vi.waitFor(async () => expect(await sent(server)).toMatchObject([{ block: TOKEN }]));
  expect(codeOf(english)?.textContent).toBe("print(6 * 7)");
});

test("code at an address has its signature beside it, or in the tag", async () => {
  const server = scripted();
  await server.tell({ do: "serve", path: "/x.py", text: true, body: CODE });
  await server.tell({ do: "serve", path: "/x.py.block", text: true, body: `${TOKEN}\n` });
  const src = `${server.url}/x.py`;
  const beside = await mount(server.url, "", { block: "", src: `${src}?v=2` });
  await vi.waitFor(() => expect(beside.block).toBe(TOKEN));
  expect(codeOf(beside)?.className).toBe("language-python");
  expect((await server.seen()).map(({ path }) => path)).toContain("/x.py.block?v=2");
  const given = await mount(server.url, "", { block: TOKEN, src });
  await vi.waitFor(() => expect(codeOf(given)?.textContent).toBe("print(6 * 7)"));

  await server.tell({ do: "serve", path: "/y.py", text: true, body: CODE });
  const unsigned = await mount(server.url, "", { block: "", src: `${server.url}/y.py` });
  const missing = await mount(server.url, "", { block: "", src: `${server.url}/z.py` });
  const body = "#".repeat(300_000);
  await server.tell({ do: "serve", path: "/big.py", text: true, endless: true, body });
  const big = await mount(server.url, "", { block: TOKEN, src: `${server.url}/big.py` });
  // As from a site that answers each address with a page.
  await server.tell({ do: "serve", path: "/y.html", text: true, body: CODE });
  const page = "<!doctype html><p>a.b.c</p>";
  await server.tell({ do: "serve", path: "/y.html.block", text: true, body: page });
  const html = await mount(server.url, "", { block: "", src: `${server.url}/y.html` });
  const wrong = await mount(server.url, "", { block: "", src: "https://" });
  await vi.waitFor(() => {
    expect(seenIn(unsigned, "status")).toContain("There is no signature beside the code");
    expect(seenIn(missing, "status")).toContain("The code can’t be read");
    expect(seenIn(big, "status")).toContain("over 256");
    expect(seenIn(html, "status")).toContain("There is no signature beside the code");
    expect(seenIn(wrong, "status")).toContain("The code can’t be read");
  });
});
