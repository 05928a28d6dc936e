import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeRepository } from "../../services/git-repository.ts";
import { startGitServer } from "../../services/git-server.ts";
import { freshFolder, refusalOf, startMachine, startProject } from "./project.ts";

const run = promisify(execFile);
const LOGIN = { user: "ada", token: "a-token-nobody-may-see" };
const REF = { of: "ref" } as const;
/** Of the text `one`. */
const BLOB = "43dd47ea691c90a5fa7827892c70241913351963";

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/app.git`;
}

describe("what is not there is named, with what to do", () => {
  test.each([
    [{ of: "ref", ref: "nowhere" }, 'no branch or tag "nowhere": check the name'],
    [{ of: "ref", ref: "--upload-pack=touch" }, "no branch or tag"],
    [{ of: "commit", commit: "1".repeat(40), ref: "refs/heads/main" }, "no commit 1111"],
    [{ of: "commit", commit: BLOB }, "is no commit: give"],
    [{ of: "commits", commits: ["abcdef12", "main"] }, 'begins with "main"'],
    [
      { of: "commits", commits: ["abcdef12", "12345678"] },
      '"abcdef12", "12345678": give more digits',
    ],
  ] as const)("%j", async (revision, sentence) => {
    const { repository, url, checkOut } = await startProject();
    await repository.commit({ "a.txt": "one" });
    const asked = {
      ...revision,
      ...("commits" in revision ? { commits: [...revision.commits] } : {}),
    };
    expect(await refusalOf(checkOut({ url, revision: asked as never }))).toContain(sentence);
  });

  test("a branch whose name would lead out of the repository, which it does not", async () => {
    const { repository, root, url, checkOut } = await startProject();
    const commit = await repository.commit({ "a.txt": "one" });
    const ref = `refs/heads/${"../".repeat(20)}${root.slice(1)}/out`;
    const checkout = await checkOut({ url, revision: { of: "commit", commit, ref } });
    expect(await refusalOf(checkout.at(commit))).toContain("was not fetched");
    await checkout.close();
    expect(existsSync(`${root}/out`)).toBe(false);
  });

  test("an empty repository", async () => {
    const { url, checkOut } = await startProject();
    expect(await refusalOf(checkOut({ url, revision: REF }))).toContain("no commit on its default");
  });

  test("a repository that is not there", async () => {
    const { server, checkOut } = await startProject();
    const url = `${server.url}/gone.git`;
    expect(await refusalOf(checkOut({ url, revision: REF }))).toContain(
      "no repository at this address",
    );
  });
});

describe("a repository that is not public", () => {
  test("is fetched with the project's token, which is in no file, log or setting", async () => {
    const { repository, url, checkOut, mirrors, said } = await startProject(LOGIN);
    const commit = await repository.commit({ "a.txt": "one" });
    const credential = { kind: "token", ...LOGIN } as const;
    const checkout = await checkOut({ url, credential, revision: { of: "commit", commit } });
    const { folder } = await checkout.at(commit);
    const basic = btoa(`${LOGIN.user}:${LOGIN.token}`);
    const search = run("grep", ["-rlE", `${LOGIN.token}|${basic}`, folder, dirname(mirrors)]);
    await expect(search).rejects.toMatchObject({ code: 1, stdout: "" });
    expect(said.join("\n")).not.toContain(LOGIN.token);
    await checkout.close();
  });

  test("is refused without it or with a wrong one, which the refusal does not tell", async () => {
    const { repository, url, checkOut, said } = await startProject(LOGIN);
    await repository.commit({ "a.txt": "one" });
    expect(await refusalOf(checkOut({ url, revision: REF }))).toContain("refuses to give it out");
    const credential = { kind: "token", user: "ada", token: "wrong-one" } as const;
    const wrong = await refusalOf(checkOut({ url, credential, revision: REF }));
    expect(wrong).toContain("repository token or deploy key");
    expect(wrong + said.join("\n")).not.toContain("wrong-one");
  });

  test("is not asked for over an open connection, unless private addresses are allowed", async () => {
    const { checkOut } = await startMachine();
    const url = "http://8.8.8.8/app.git";
    const credential = { kind: "token", ...LOGIN } as const;
    const refused = refusalOf(checkOut({ url, credential, allowPrivate: false, revision: REF }));
    expect(await refused).toContain("https");
  });
});

test.each([
  ["http://127.0.0.1:9/app.git", "127.0.0.1, which is not a public address"],
  ["http://localhost/app.git", "not a public address"],
  ["https://169.254.169.254/latest", "not a public address"],
  ["http://[::ffff:10.0.0.1]/app.git", "not a public address"],
  ["https://[fd00::1]/app.git", "not a public address"],
  ["http://0x7f000001/app.git", "not a public address"],
  ["git@127.0.0.1:app.git", "not a public address"],
  ["file:///etc", "does not take repositories from files"],
  ["/etc", "not an address"],
  ["ext::sh -c touch% /tmp/x", "not an address"],
  ["--upload-pack=touch", "not an address"],
  ["git://example.org/app.git", "not an address"],
  ["ssh://-oProxyCommand=touch/app", "not fetched from"],
  ["https://ada:secret-word@example.org/app.git", "a password can't be part of it"],
])("%s is not fetched from", async (url, sentence) => {
  const { checkOut } = await startMachine();
  const detail = await refusalOf(checkOut({ url, allowPrivate: false, revision: REF }));
  expect(detail).toContain(sentence);
  expect(detail).not.toContain("secret-word");
});

describe("a host in trouble", () => {
  test("is asked three times before it is given up", async () => {
    let asked = 0;
    const url = await listen(
      createServer((_, response) => (asked++, response.writeHead(503).end())),
    );
    const { checkOut } = await startMachine();
    expect(await refusalOf(checkOut({ url, revision: REF }))).toContain("broke off, three times");
    expect(asked).toBe(3);
  });

  test("that sends elsewhere is not followed", async () => {
    const { repository, server } = await startProject();
    await repository.commit({ "a.txt": "one" });
    const url = await listen(
      createServer((request, response) => {
        const path = request.url!.slice("/app.git".length);
        response.writeHead(302, { location: `${server.url}/app.git${path}` }).end();
      }),
    );
    const { checkOut } = await startMachine();
    expect(await refusalOf(checkOut({ url, revision: REF }))).toContain("has moved");
    expect(server.requests).toEqual([]);
  });

  test("that has the repository at another of its addresses is followed there, with the token", async () => {
    const login = { user: "ada", token: "a-token" };
    const root = await freshFolder();
    const repository = await makeRepository(root, "new");
    const commit = await repository.commit({ "a.txt": "one" });
    let redirects = 0;
    const server = await startGitServer(root, {
      login,
      also(request, response) {
        const [, rest] = /^\/(?:old|older)\.git(.*)$/.exec(request.url!) ?? [];
        if (rest === undefined) return false;
        redirects++;
        const to = request.url!.startsWith("/older.git") ? "old" : "new";
        response.writeHead(301, { location: `/${to}.git${rest}` }).end();
        return true;
      },
    });
    onTestFinished(() => server.close());
    const { checkOut } = await startMachine();
    const credential = { kind: "token", ...login } as const;
    for (const name of ["old", "older", "new"]) {
      const url = `${server.url}/${name}.git`;
      for (const revision of [REF, { of: "commit", commit, ref: "refs/heads/main" }] as const) {
        const checkout = await checkOut({ url, credential, revision, project: `ada/${name}` });
        const { folder } = await checkout.at(commit);
        expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("one");
        // Of a commit that is here nothing is asked.
        const isAsked = revision.of === "ref" && name !== "new";
        expect(checkout.movedTo).toBe(isAsked ? `${server.url}/new.git` : undefined);
        await checkout.close();
      }
    }
    expect(redirects).toBeGreaterThan(0);
  });

  test("that never answers is left when the run is stopped", async () => {
    const held = Promise.withResolvers<void>();
    const url = await listen(createServer(() => held.resolve()));
    const { checkOut } = await startMachine();
    const stopping = new AbortController();
    const checkout = checkOut({ url, revision: REF, signal: stopping.signal });
    const ended = expect(checkout).rejects.toBe("dropped");
    await held.promise;
    stopping.abort("dropped");
    await ended;
  });

  test("is not needed for what the mirror has", async () => {
    const { repository, url, checkOut, server } = await startProject();
    const commit = await repository.commit({ "a.txt": "one" });
    const revision = { of: "commit", commit, ref: "refs/heads/main" } as const;
    await (await checkOut({ url, revision })).close();
    await rm(repository.bare, { recursive: true });
    const checkout = await checkOut({ url, revision });
    await checkout.at(commit);
    await checkout.close();
    expect(server.requests.length).toBeGreaterThan(0);
  });
});

test("an organization's IP allow list is named, and not the token that it refuses with", async () => {
  const root = await freshFolder();
  const login = { user: "ada", token: "a-token" };
  const server = await startGitServer(root, {
    login,
    also: (_, response) => {
      response.writeHead(403, { "content-type": "text/plain" });
      response.end(
        "The acme organization has an IP allow list enabled, and your IP address is not permitted to access this resource.",
      );
      return true;
    },
  });
  onTestFinished(() => server.close());
  const { checkOut } = await startMachine();
  const credential = { kind: "token", ...login } as const;
  const asked = { url: `${server.url}/app.git`, credential, revision: { of: "ref" } } as const;
  const detail = await refusalOf(checkOut(asked));
  expect(detail).toContain("added to the IP allow list");
  expect(detail).not.toContain("repository token");
});
