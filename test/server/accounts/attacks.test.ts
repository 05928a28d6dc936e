import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { AuditEntry } from "../../../protocol/audit.ts";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import { createDeviceLogins } from "../../../server/accounts/device/logins.ts";
import { parseEmail } from "../../../server/accounts/users/email.ts";
import { newId } from "../../../server/database/ids.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { cleanName } from "../../../server/pages/account/new-password.ts";
import { eventually } from "../../eventually.ts";
import { startGitHubSignIn } from "../../services/github-sign-in.ts";
import { codeOf, type System } from "../system.ts";
import { PASSWORD, startPeople } from "./people-stage.ts";

type Browser = Awaited<ReturnType<Awaited<ReturnType<typeof startPeople>>["signUp"]>>;

const PROJECT = "local/demo";

async function startAttacked(env: Record<string, string> = {}) {
  const stage = await startPeople(env);
  const { system } = stage;
  const own = async <Answer = undefined>(method: string, path: string, body?: unknown) => {
    const authorization = `Bearer ${system.ownerToken.trim()}`;
    const response = await system.call(method, path, body, { authorization });
    if (!response.ok) throw new Error(await response.text());
    return (response.status === 204 ? undefined : await response.json()) as Answer;
  };
  return {
    ...stage,
    own,

    /** Path of a new invitation to the project. */
    async invitation(role: string): Promise<string> {
      const { url } = await own<{ url: string }>("POST", paths.invitations(PROJECT), { role });
      return new URL(url).pathname;
    },

    audit: async () =>
      (await own<{ entries: AuditEntry[] }>("GET", paths.audit)).entries.toReversed(),

    async idOf(email: string): Promise<string> {
      const { users } = await own<{ users: { id: string; email: string }[] }>("GET", paths.users);
      return users.find((user) => user.email === email)!.id;
    },
  };
}

/** A login that a person approved, before its program asks for the token. */
async function approveLogin(system: System, person: Browser): Promise<{ device_code: string }> {
  const begun = await system.call("POST", paths.deviceCode, { host: "laptop" });
  const codes = (await begun.json()) as { device_code: string; user_code: string };
  const decision = { user_code: codes.user_code, decision: "approve" };
  expect((await person.post(pagePaths.device, decision)).status).toBe(200);
  return { device_code: codes.device_code };
}

async function logIn(system: System, person: Browser): Promise<string> {
  const login = await approveLogin(system, person);
  const taken = await system.call("POST", paths.deviceToken, login);
  return ((await taken.json()) as { access_token: string }).access_token;
}

const whoami = (system: System, token: string) =>
  system.call("GET", paths.whoami, undefined, { authorization: `Bearer ${token}` });

test("a leaver comes back by no invitation, token or login of their own making", async () => {
  const { system, own, idOf, signUp, ...stage } = await startAttacked();
  const ada = await signUp("ada@example.com");
  await ada.post(await stage.invitation("viewer"), {});
  // A further invitation raises a role, and never lowers one.
  await ada.post(await stage.invitation("owner"), {});
  await ada.post(await stage.invitation("runner"), {});
  const byAda = async (token: string, path: string, body: object) => {
    const headers = { authorization: `Bearer ${token}` };
    const made = await system.call("POST", path, body, headers);
    expect(made.status).toBe(201);
    return (await made.json()) as { url: string; token: string };
  };
  const login = await logIn(system, ada);
  const make = async () => {
    const { url } = await byAda(login, paths.invitations(PROJECT), { role: "owner" });
    const { token } = await byAda(login, paths.tokens, { project: PROJECT, scope: "admin" });
    return { link: new URL(url).pathname, token };
  };
  const id = await idOf("ada@example.com");
  const bob = await signUp("bob@example.com");
  const isOver = async ({ link, token }: { link: string; token: string }) =>
    (await bob.open(link)).status === 404 && (await whoami(system, token)).status === 401;

  const first = await make();
  const kept = await stage.invitation("viewer");
  await bob.post(await stage.invitation("owner"), {});
  expect(await isOver(first)).toBe(false);
  await own("PUT", paths.member(PROJECT, id), { role: "maintainer" });
  expect(await isOver(first)).toBe(true);
  await own("PUT", paths.member(PROJECT, id), { role: "owner" });
  const second = await make();
  await own("DELETE", paths.member(PROJECT, id));
  expect(await isOver(second)).toBe(true);
  await ada.post(await stage.invitation("owner"), {});
  const third = await make();
  const waiting = await approveLogin(system, ada);
  await own("DELETE", paths.user(id));
  expect(await isOver(third)).toBe(true);
  expect((await whoami(system, login)).status).toBe(401);
  expect(await ada.self()).toBe(undefined);
  expect(await codeOf(await system.call("POST", paths.deviceToken, waiting))).toBe("access_denied");
  expect((await bob.open(kept)).status).toBe(200);
});

test("sign-ins and wrong passwords are recorded, without codes of links and without growing", async () => {
  const { audit, signUp, ...stage } = await startAttacked();
  const ada = await signUp("ada@example.com");
  const link = await stage.invitation("viewer");
  await ada.post(pagePaths.signOut, {});
  const eve = stage.browser();
  for (let n = 0; n < 3; n++) {
    for (const email of ["ada@example.com", "nobody@example.com"]) {
      await eve.post(pagePaths.signInPage, { email, password: "wrong horse" });
    }
  }
  const form = { email: "ada@example.com", password: PASSWORD, back: link };
  await ada.post(pagePaths.signInPage, form);
  await ada.post(link, {});
  const all = await eventually(async () => {
    const entries = await audit();
    return entries.some(({ detail }) => detail === "gave 3 wrong passwords") ? entries : undefined;
  });
  expect(JSON.stringify(all)).not.toContain(link.split("/").at(-1));
  const ofAda = all.filter(({ actor_name: name }) => name === "Ada Lovelace");
  expect(ofAda.map(({ action, status, detail }) => [action, status, detail])).toEqual([
    ["POST /sign-up/{code}", 303, "signed in"],
    ["POST /sign-in", 422, "gave 3 wrong passwords"],
    ["POST /sign-in", 303, "signed in"],
    ["POST /invitations/{code}", 303, "viewer"],
  ]);
  expect(all.filter(({ action }) => action === "POST /sign-in")).toHaveLength(2);
});

test("a login of a program takes a fresh proof, and ends with the password or on the account page", async () => {
  const { system, signUp, ...stage } = await startAttacked();
  const ada = await signUp("ada@example.com");
  const bob = await signUp("bob@example.com");
  const began = Date.now();
  const clock = vi.spyOn(Date, "now").mockReturnValue(began + 11 * 60_000);
  const begun = await system.call("POST", paths.deviceCode, { host: "laptop" });
  const { user_code } = (await begun.json()) as { user_code: string };
  const page = `${pagePaths.device}?${new URLSearchParams({ user_code })}`;
  expect((await ada.open(page)).location).toBe(pagePaths.prove(page));
  const decision = { user_code, decision: "approve" };
  expect((await ada.post(pagePaths.device, decision)).location).toMatch(/^\/account\/prove/);
  clock.mockRestore();

  const [ended, kept, forgotten] = [
    await logIn(system, ada),
    await logIn(system, bob),
    await logIn(system, ada),
  ];
  const ends = /"(\/account\/logins\/\w+)"/g;
  const [newest, oldest] = [...(await ada.open(pagePaths.account)).text.matchAll(ends)].map(
    ([, path = ""]) => path,
  );
  expect((await bob.post(oldest!, {})).status).toBe(404);
  expect([newest === oldest, (await ada.post(oldest!, {})).location]).toEqual([false, "/account"]);
  expect(
    await Promise.all(
      [ended, kept, forgotten].map(async (one) => (await whoami(system, one)).status),
    ),
  ).toEqual([401, 200, 200]);

  const eve = stage.browser();
  await eve.post(pagePaths.resetPassword, { email: "ada@example.com" });
  const mails = [await stage.nextMail()];
  await eve.post(mails[0]!.links[0]!, { password: "another long one" });
  expect((await whoami(system, forgotten)).status).toBe(401);
  const last = await logIn(system, bob);
  await bob.post(pagePaths.accountPassword, { password: "another long one" });
  expect([(await whoami(system, kept)).status, (await whoami(system, last)).status]).toEqual([
    401, 401,
  ]);
});

/** The data of a server that sent no mails, where somebody made an account for another's address. */
async function prepareUnconfirmed(email: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "deferred-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const { queries, close } = await openSqlite(join(root, "deferred.db"));
  const [user, created_at] = [newId(), Date.now()];
  await queries
    .insertInto("users")
    .values({
      ...{ id: user, email, email_verified_at: null, name: "Eve", password: null, owner: 0 },
      created_at,
    })
    .execute();
  await queries
    .insertInto("identities")
    .values({ provider: "github", subject: "7", user, login: "eve", created_at })
    .execute();
  await close();
  return root;
}

test("who prepares an account for another's address keeps no way into it", async () => {
  const github = await startGitHubSignIn();
  const data = { DEFERRED_DATA: await prepareUnconfirmed("victim@example.com") };
  const { own, ...stage } = await startAttacked({ ...github.env, ...data });
  const eve = stage.browser();
  const viaGitHub = async () => {
    const { location } = await eve.open(pagePaths.gitHubSignIn);
    return (await eve.open(github.authorize(location!))).status;
  };
  expect([await viaGitHub(), await eve.self()]).toEqual([303, "Eve"]);
  const victim = stage.browser();
  await victim.post(pagePaths.resetPassword, { email: "victim@example.com" });
  const [link = ""] = (await stage.nextMail()).links;
  await victim.post(link, { password: "another long one" });
  expect((await stage.nextMail()).subject).toBe("Your password was changed");
  expect([await eve.self(), await victim.self()]).toEqual([undefined, "Eve"]);
  await viaGitHub();
  expect(await eve.self()).not.toBe("Eve");

  // The owner's address, which may be mistyped, takes over no server before a mail confirmed it.
  const owner = stage.browser();
  const made = await own<{ url: string }>("POST", paths.signInLinks);
  await owner.open(made.url);
  const form = { name: "Grace", email: "grace@example.com", password: PASSWORD };
  await owner.post(pagePaths.welcome, form);
  expect((await stage.nextMail()).subject).toBe("Confirm your e-mail address");
  const reset = await victim.post(pagePaths.resetPassword, { email: "grace@example.com" });
  expect(reset.location).toBe("/reset-password?sent");
  await victim.post(pagePaths.resetPassword, { email: "victim@example.com" });
  expect((await stage.nextMail()).to).toEqual(["victim@example.com"]);
});

test("another site begins no connection to GitHub", async () => {
  const github = await startGitHubSignIn();
  const { system, signUp } = await startAttacked(github.env);
  await signUp("ada@example.com");
  const away = await system.call("GET", `${pagePaths.gitHubSignIn}?connect`, undefined, {
    "sec-fetch-site": "cross-site",
  });
  expect(away.headers.get("location")).toBe(pagePaths.account);
});

test("one address fills no list of logins", () => {
  const logins = createDeviceLogins(() => 0);
  const begin = (address?: string) => () => logins.begin({ host: "laptop", address });
  for (let n = 0; n < 50; n++) begin("192.0.2.1")();
  expect(begin("192.0.2.1")).toThrow(expect.objectContaining({ code: "rate_limited" }));
  begin("192.0.2.2")();
});

test("letters that become others make no second spelling of an address or a name", () => {
  expect(parseEmail("Mike@Example.com")).toBe("mike@example.com");
  expect(parseEmail("mi\u212ae@example.com")).toBe(undefined);
  expect(parseEmail("mike@example.\u017fite")).toBe(undefined);
  expect(cleanName(" Ada\u202e\u2066\nL. ")).toBe("Ada L.");
});
