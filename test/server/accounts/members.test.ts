import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import type { Role } from "../../../protocol/roles.ts";
import { makeDataFolder } from "../../systems/data-folder.ts";
import { formClient } from "../pages/projects/form-client.ts";
import { signIn } from "../sign-in.ts";
import { startSystem, type System } from "../system.ts";
import { approveLogin, logIn } from "./log-in.ts";

const SLUG = "local/demo";
const SAME_ORIGIN = { "sec-fetch-site": "same-origin" };

/** The API by the owner's token, or by another one. */
function api(system: System, token = system.ownerToken.trim()) {
  const headers = { authorization: `Bearer ${token}` };
  return async (method: string, path: string, body?: unknown) => {
    const response = await system.call(method, path, body, headers);
    const text = await response.text();
    const answer = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    return { status: response.status, code: answer["code"], answer };
  };
}

type Api = ReturnType<typeof api>;

async function invite(call: Api, role: Role): Promise<string> {
  const { answer } = await call("POST", paths.invitations(SLUG), { role });
  return new URL(String(answer["url"])).pathname;
}

/** Somebody who signs up by an invitation, and accepts it. */
async function joinBy(system: System, invitation: string, name: string) {
  const made = await system.app.request(pagePaths.signUp, {
    method: "POST",
    headers: { ...SAME_ORIGIN, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      ...{ name, email: `${name}@example.com`, password: "correct horse battery" },
      back: invitation,
    }),
  });
  const cookie = made.headers.get("set-cookie")!.split(";")[0]!;
  const pages = formClient(system, cookie);
  expect((await pages.post(invitation)).to).toBe(pagePaths.project(SLUG));
  return { cookie, pages };
}

async function membersOf(call: Api) {
  const { answer } = await call("GET", paths.members(SLUG));
  return answer["members"] as { user: string; name: string; role: Role }[];
}

async function rolesOf(call: Api): Promise<Record<string, Role>> {
  return Object.fromEntries((await membersOf(call)).map(({ name, role }) => [name, role]));
}

test("a leaver loses sessions, logins, memberships and invitations in one action", async () => {
  const system = await startSystem();
  const call = api(system);
  const ada = await joinBy(system, await invite(call, "owner"), "ada");
  const token = await logIn(system, ada.cookie);
  const byToken = api(system, token);
  const bob = await joinBy(system, await invite(byToken, "viewer"), "bob");
  const open = await invite(byToken, "owner");
  const ownOpen = await invite(call, "viewer");
  expect((await byToken("GET", paths.members(SLUG))).status).toBe(200);
  // A login that was approved, and whose program did not ask yet.
  const approved = await approveLogin(system, ada.cookie);

  const { user } = (await membersOf(call)).find(({ name }) => name === "ada")!;
  expect((await call("DELETE", paths.user(user))).status).toBe(204);

  expect((await byToken("GET", paths.whoami)).code).toBe("token_wrong");
  expect((await ada.pages.get(pagePaths.account)).status).not.toBe(200);
  expect(await rolesOf(call)).toEqual({ bob: "viewer" });
  expect((await bob.pages.get(open)).status).toBe(404);
  expect((await bob.pages.get(ownOpen)).status).toBe(200);
  const { answer } = await call("GET", paths.invitations(SLUG));
  expect(answer["invitations"]).toHaveLength(1);
  const taken = await system.call("POST", paths.deviceToken, { device_code: approved });
  expect(((await taken.json()) as { code: string }).code).toBe("access_denied");
  const again = { email: "ada@example.com", password: "correct horse battery" };
  expect((await bob.pages.post(pagePaths.signInPage, again)).status).toBe(422);
  expect((await call("DELETE", paths.user(user))).code).toBe("user_not_found");
});

test("the server's owner removes a user on a page that says what goes", async () => {
  const system = await startSystem();
  const call = api(system);
  const owner = formClient(system, await signIn(system));
  const ada = await joinBy(system, await invite(call, "owner"), "ada");
  const bob = await joinBy(system, await invite(call, "viewer"), "bob");
  const [{ user } = { user: "" }] = await membersOf(call);
  const remove = pagePaths.removeUser(user);

  expect((await owner.get(pagePaths.users)).text).toMatch(
    /ada@example.com[^]*local\/demo<\/a> owner/,
  );
  const searched = (await owner.get(`${pagePaths.users}?q=OB%40ex`)).text;
  expect([searched.includes("bob@example.com"), searched.includes("ada@")]).toEqual([true, false]);
  expect((await owner.get(`${pagePaths.users}?q=%25`)).text).toContain("Nobody fits.");
  expect((await owner.get(remove)).text).toContain("has no owner but the server’s");
  for (const { pages } of [ada, bob]) {
    expect((await pages.get(pagePaths.users)).status).toBe(404);
    expect((await pages.post(remove)).status).toBe(404);
  }

  expect((await owner.post(remove)).to).toBe(pagePaths.users);
  expect((await ada.pages.get(pagePaths.account)).status).not.toBe(200);
  expect((await bob.pages.get(pagePaths.account)).status).toBe(200);
  const { text } = await owner.get(pagePaths.audit);
  expect(text).toMatch(new RegExp(`removed the user\\s+<code>ada@example.com</code>[^]*${remove}`));
  expect((await owner.post(remove)).status).toBe(404);
});

test("a project's owners set and remove members, by API and by form, and one owner stays", async () => {
  const system = await startSystem();
  const call = api(system);
  const ada = await joinBy(system, await invite(call, "owner"), "ada");
  await joinBy(system, await invite(call, "viewer"), "bob");
  const idOf = async (name: string) =>
    (await membersOf(call)).find((member) => member.name === name)?.user ?? "";
  const [adaId, bobId] = [await idOf("ada"), await idOf("bob")];

  expect((await call("PUT", paths.member(SLUG, adaId), { role: "viewer" })).code).toBe(
    "last_owner",
  );
  expect((await call("DELETE", paths.member(SLUG, adaId))).code).toBe("last_owner");
  const refused = await ada.pages.post(pagePaths.member(SLUG, adaId), { role: "runner" });
  expect([refused.status, refused.text.includes("keeps an owner")]).toEqual([409, true]);
  expect((await ada.pages.post(pagePaths.removeMember(SLUG, adaId))).status).toBe(409);
  expect(await rolesOf(call)).toEqual({ ada: "owner", bob: "viewer" });

  expect((await call("PUT", paths.member(SLUG, bobId), { role: "runner" })).status).toBe(204);
  expect(await rolesOf(call)).toMatchObject({ bob: "runner" });
  const members = pagePaths.members(SLUG);
  expect((await ada.pages.post(pagePaths.member(SLUG, bobId), { role: "owner" })).to).toBe(members);
  expect(await rolesOf(call)).toMatchObject({ bob: "owner" });
  // With two owners, one may go. Her open invitations go with her.
  const { text } = await ada.pages.post(members, { role: "owner" });
  const [link = ""] = /\/invitations\/[\w-]+/.exec(text) ?? [];
  expect((await ada.pages.get(link)).status).toBe(200);
  expect((await call("PUT", paths.member(SLUG, adaId), { role: "viewer" })).status).toBe(204);
  expect((await ada.pages.get(link)).status).toBe(404);
  expect((await call("DELETE", paths.member(SLUG, adaId))).status).toBe(204);
  expect((await ada.pages.get(members)).status).toBe(404);
  expect((await call("DELETE", paths.member(SLUG, adaId))).code).toBe("member_not_found");
});

test("invitations are withdrawn by API and by form, and raise a role but never lower it", async () => {
  const system = await startSystem();
  const call = api(system);
  const owner = formClient(system, await signIn(system));
  const listed = async () => {
    const { answer } = await call("GET", paths.invitations(SLUG));
    return (answer["invitations"] as { id: string }[]).map(({ id }) => id);
  };
  const ada = await joinBy(system, await invite(call, "runner"), "ada");
  for (const [role, then] of [
    ["viewer", "runner"],
    ["maintainer", "maintainer"],
    ["runner", "maintainer"],
  ] as const) {
    await ada.pages.post(await invite(call, role));
    expect(await rolesOf(call)).toEqual({ ada: then });
  }

  const links = [await invite(call, "owner"), await invite(call, "owner")];
  const [first = "", second = ""] = await listed();
  expect((await call("DELETE", paths.invitation(SLUG, first))).status).toBe(204);
  expect((await owner.post(pagePaths.withdrawInvitation(SLUG, second))).to).toBe(
    pagePaths.members(SLUG),
  );
  expect(await listed()).toEqual([]);
  for (const link of links) expect((await ada.pages.post(link)).status).toBe(404);
  expect((await call("DELETE", paths.invitation(SLUG, first))).code).toBe("invitation_not_found");
  expect(await rolesOf(call)).toEqual({ ada: "maintainer" });
});

test("a new owner's token ends the owner's sessions and logins, and nobody else's", async () => {
  const root = await makeDataFolder("deferred-");
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const old = await startSystem({ DEFERRED_DATA: root });
  const cookie = await signIn(old);
  const login = await logIn(old, cookie);
  const ada = await joinBy(old, await invite(api(old), "runner"), "ada");
  expect((await api(old, login)("GET", paths.whoami)).answer).toMatchObject({ everything: true });
  const open = await invite(api(old), "owner");
  await old.close();

  await rm(join(root, "owner-token"));
  const system = await startSystem({ DEFERRED_DATA: root });
  expect((await api(system, old.ownerToken.trim())("GET", paths.whoami)).code).toBe("token_wrong");
  expect((await api(system, login)("GET", paths.whoami)).code).toBe("token_wrong");
  expect((await formClient(system, cookie).get(pagePaths.operator)).status).toBe(401);
  const { get } = formClient(system, ada.cookie);
  expect((await get(pagePaths.account)).status).toBe(200);
  expect((await get(open)).status).toBe(404);
  expect((await api(system)("GET", paths.whoami)).answer).toMatchObject({ everything: true });
});
