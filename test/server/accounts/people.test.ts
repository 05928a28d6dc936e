import { expect, test, vi } from "vitest";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import { startGitHubSignIn } from "../../services/github-sign-in.ts";
import { type browserOf, PASSWORD, startPeople } from "./people-stage.ts";

test("people sign up by a mail that brings a link, sign in and out, without scripts", async () => {
  const stage = await startPeople();
  const ada = stage.browser();
  expect(await ada.post(pagePaths.signUp, { email: " Ada@Example.com" })).toMatchObject({
    status: 303,
    location: "/sign-up?sent",
  });
  const mail = await stage.nextMail();
  expect(mail).toMatchObject({ to: ["ada@example.com"], subject: "Create your account" });
  const link = mail.links.find((one) => one.startsWith("/sign-up/"))!;
  expect((await ada.open(link)).text).toContain("ada@example.com");

  for (const [password, sentence] of [
    ["short", "Use 8 characters or more."],
    ["Password123", "tried first"],
    ["ada@example.com", "a name that others know"],
    ["x".repeat(201), "Use at most 200 characters."],
  ] as const) {
    const wrong = await ada.post(link, { name: "Ada <i>", password });
    expect([wrong.status, wrong.text.includes(sentence)]).toEqual([422, true]);
    expect(wrong.text).toContain('value="Ada &lt;i&gt;"');
    expect(wrong.text).toMatch(/type="password"\s+value=""/);
  }
  const made = await ada.post(link, { name: "Ada Lovelace", password: PASSWORD });
  expect([made.status, made.location]).toEqual([303, "/"]);
  expect(await ada.self()).toBe("Ada Lovelace");
  expect((await ada.open(link)).status).toBe(403);

  await ada.post(pagePaths.signOut, {});
  expect(await ada.self()).toBe(undefined);
  const wrong = await ada.post(pagePaths.signInPage, { email: "ada@example.com", password: "no" });
  expect([wrong.status, wrong.text.includes('value="ada@example.com"')]).toEqual([422, true]);
  const back = { email: "ADA@example.com", password: PASSWORD, back: "/account" };
  expect((await ada.post(pagePaths.signInPage, back)).location).toBe("/account");
  const away = { ...back, back: "//evil.example" };
  await ada.post(pagePaths.signOut, {});
  expect((await ada.post(pagePaths.signInPage, away)).location).toBe("/projects");
  // An account owns nothing of the server by itself.
  expect((await ada.open(pagePaths.operator)).status).toBe(404);
});

test("no page tells who has an account, and another's address gets no account ready made", async () => {
  const stage = await startPeople();
  await stage.signUp("ada@example.com");
  const eve = stage.browser();
  const answers = async (email: string) => {
    const { status, location } = await eve.post(pagePaths.signUp, { email });
    const reset = await eve.post(pagePaths.resetPassword, { email });
    const form = { email, password: "wrong horse" };
    const { text, ...signIn } = await eve.post(pagePaths.signInPage, form);
    return { status, location, reset, signIn, text: text.replaceAll(email, "…") };
  };
  expect(await answers("ada@example.com")).toEqual(await answers("bob@example.com"));
  expect((await stage.nextMail()).subject).toBe("You have an account");
  expect((await stage.nextMail()).subject).toBe("Choose a new password");
  expect(await stage.nextMail()).toMatchObject({
    to: ["bob@example.com"],
    subject: "Create your account",
  });
  expect(stage.mails).toHaveLength(4);
});

test("one ends a session of one's own, and a new password ends all, by a link that works once, for an hour", async () => {
  const stage = await startPeople();
  const ada = await stage.signUp("ada@example.com");
  const third = stage.browser();
  await third.post(pagePaths.signInPage, { email: "ada@example.com", password: PASSWORD });
  const ending = /"(\/account\/sessions\/\w+)"/;
  const [, end = ""] = ending.exec((await ada.open(pagePaths.account)).text) ?? [];
  const stranger = await stage.signUp("bob@example.com");
  expect((await stranger.post(end, {})).status).toBe(404);
  expect(await third.self()).toBe("Ada Lovelace");
  expect((await ada.post(end, {})).location).toBe("/account");
  expect(await third.self()).toBe(undefined);
  const other = stage.browser();
  await other.post(pagePaths.resetPassword, { email: "ada@example.com" });
  const { links } = await stage.nextMail();
  const [link = ""] = links;
  expect((await other.open(link)).status).toBe(200);
  expect((await other.post(link, { password: "12345678" })).status).toBe(422);
  const began = Date.now();
  const clock = vi.spyOn(Date, "now").mockReturnValue(began + 61 * 60_000);
  expect((await other.post(link, { password: "another long one" })).status).toBe(403);
  clock.mockRestore();
  expect(await ada.self()).toBe("Ada Lovelace");
  expect((await other.post(link, { password: "another long one" })).location).toBe("/account");
  expect([await ada.self(), await other.self()]).toEqual([undefined, "Ada Lovelace"]);
  expect((await stage.nextMail()).subject).toBe("Your password was changed");
  expect((await other.post(link, { password: "yet another one" })).status).toBe(403);
  const before = { email: "ada@example.com", password: PASSWORD };
  expect((await ada.post(pagePaths.signInPage, before)).status).toBe(422);
});

test("many wrong passwords and many mails are refused, whether or not there is an account", async () => {
  const stage = await startPeople();
  const eve = stage.browser();
  const guess = async () => {
    const form = { email: "nobody@example.com", password: "wrong horse" };
    return (await eve.post(pagePaths.signInPage, form)).status;
  };
  // All at once, as a program would.
  const guesses = await Promise.all(Array.from({ length: 21 }, guess));
  expect(guesses.filter((status) => status === 422)).toHaveLength(20);
  expect(guesses.filter((status) => status === 429)).toHaveLength(1);
  const mails: number[] = [];
  for (let n = 0; n < 4; n++) {
    mails.push((await eve.post(pagePaths.resetPassword, { email: "nobody@example.com" })).status);
  }
  expect(mails).toEqual([303, 303, 303, 429]);
});

test("an address changes when the link to it is opened, after a fresh proof", async () => {
  const stage = await startPeople();
  const ada = await stage.signUp("ada@example.com");
  const began = Date.now();
  const clock = vi.spyOn(Date, "now").mockReturnValue(began + 11 * 60_000);
  expect((await ada.open(pagePaths.accountEmail)).location).toBe(
    "/account/prove?back=%2Faccount%2Femail",
  );
  expect((await ada.post(pagePaths.accountEmail, { email: "x@example.com" })).location).toMatch(
    /^\/account\/prove/,
  );
  const proof = { password: "wrong", back: "/account/email" };
  expect((await ada.post(pagePaths.provePassword, proof)).status).toBe(422);
  const proved = await ada.post(pagePaths.provePassword, { ...proof, password: PASSWORD });
  expect(proved.location).toBe("/account/email");
  clock.mockRestore();

  expect((await ada.post(pagePaths.accountEmail, { email: "no address" })).status).toBe(422);
  await ada.post(pagePaths.accountEmail, { email: "ada@example.org" });
  const confirm = await stage.nextMail();
  expect(confirm.to).toEqual(["ada@example.org"]);
  expect((await ada.open(pagePaths.account)).text).toContain("ada@example.com");
  // A program that looks into the mail opens the link, and changes nothing.
  expect((await ada.open(confirm.links[0]!)).text).toContain("for the account of Ada Lovelace");
  // Who gets the mail of a stranger's account does not lend it their address.
  const victim = await stage.signUp("bob@example.com");
  for (const other of [stage.browser(), victim]) {
    expect((await other.open(confirm.links[0]!)).status).not.toBe(200);
    expect((await other.post(confirm.links[0]!, {})).status).toBeGreaterThan(400);
  }
  expect((await ada.post(confirm.links[0]!, {})).location).toBe("/account");
  expect((await ada.open(pagePaths.account)).text).toContain("ada@example.org");
  expect(await stage.nextMail()).toMatchObject({
    to: ["ada@example.com"],
    subject: "Your e-mail address was changed",
  });
});

test("the first link makes the owner, who may say who they are later", async () => {
  const stage = await startPeople({ DEFERRED_SIGN_UP: "invited" });
  const { system } = stage;
  const link = async () => {
    const authorization = `Bearer ${system.ownerToken.trim()}`;
    const made = await system.call("POST", paths.signInLinks, undefined, { authorization });
    return ((await made.json()) as { url: string }).url;
  };
  const owner = stage.browser();
  expect((await owner.open(await link())).location).toBe("/account/welcome");
  expect((await owner.open(pagePaths.welcome)).text).toContain("Later");
  expect((await owner.open(await link())).location).toBe("/projects");
  expect((await owner.post(pagePaths.welcome, { name: "Grace", email: "g" })).status).toBe(422);
  const form = { name: "Grace", email: "grace@example.com", password: PASSWORD };
  expect((await owner.post(pagePaths.welcome, form)).location).toBe("/projects");
  expect(await owner.self()).toBe("Grace");
  const elsewhere = stage.browser();
  await elsewhere.post(pagePaths.signInPage, { ...form, back: "/operator" });
  expect((await elsewhere.open(pagePaths.operator)).status).toBe(200);
  expect((await owner.post(pagePaths.deleteAccount, { word: form.email })).location).toBe(
    "/account",
  );
  expect(await owner.self()).toBe("Grace");

  const stranger = stage.browser();
  expect((await stranger.open(pagePaths.signUp)).status).toBe(403);
  expect((await stranger.post(pagePaths.signUp, { email: "eve@example.com" })).status).toBe(403);
});

test("where accounts are closed nobody makes one, also by an invitation", async () => {
  const stage = await startPeople({ DEFERRED_SIGN_UP: "closed" });
  const authorization = `Bearer ${stage.system.ownerToken.trim()}`;
  const invitations = paths.invitations("local/demo");
  const made = await stage.system.call("POST", invitations, { role: "runner" }, { authorization });
  const { url } = (await made.json()) as { url: string };
  const back = new URL(url).pathname;
  const eve = stage.browser();
  const ways: Record<string, string>[] = [{}, { back }];
  for (const fields of ways) {
    const asked = await eve.open(`${pagePaths.signUp}?${new URLSearchParams(fields)}`);
    expect([asked.status, asked.text]).toEqual([403, expect.stringMatching(/No new accounts/)]);
    const sent = await eve.post(pagePaths.signUp, { email: "eve@example.com", ...fields });
    expect(sent.status).toBe(403);
  }
  expect((await eve.open(pagePaths.signInPage)).text).not.toContain(`href="${pagePaths.signUp}`);
  expect(stage.mails).toEqual([]);
});

test("an account is deleted by typing its address", async () => {
  const stage = await startPeople();
  const ada = await stage.signUp("ada@example.com");
  expect((await ada.post(pagePaths.deleteAccount, { word: "ada" })).status).toBe(422);
  expect((await ada.post(pagePaths.deleteAccount, { word: "ada@example.com" })).location).toBe("/");
  expect(await ada.self()).toBe(undefined);
  const form = { email: "ada@example.com", password: PASSWORD };
  expect((await ada.post(pagePaths.signInPage, form)).status).toBe(422);
});

test("GitHub signs in by PKCE and state, and takes over no account with the same address", async () => {
  const github = await startGitHubSignIn();
  const stage = await startPeople(github.env);
  const viaGitHub = async (browser: ReturnType<typeof browserOf>, query = "") => {
    const { location } = await browser.open(pagePaths.gitHubSignIn + query);
    return github.authorize(location!);
  };
  const octo = stage.browser();
  const callback = await viaGitHub(octo, "?back=/account");
  // Another browser has no such state; neither does this one a second time.
  expect((await stage.browser().open(callback)).status).toBe(403);
  expect((await octo.open(callback.replace(/state=[^&]+/, "state=guessed"))).status).toBe(403);
  expect((await octo.open(await viaGitHub(octo, "?back=/account"))).location).toBe("/account");
  expect(await octo.self()).toBe("Octo Cat");
  expect(github.refused).toEqual([]);

  await octo.post(pagePaths.signOut, {});
  github.account.login = "renamed";
  await octo.open(await viaGitHub(octo));
  expect((await octo.open(pagePaths.account)).text).toContain("renamed");
  // Whoever has neither password nor passkey may still ask for a mail.
  expect((await octo.post(pagePaths.accountGitHub, { subject: "7" })).location).toBe("/account");

  const ada = await stage.signUp("ada@example.com");
  Object.assign(github.account, { id: 8, login: "ada", email: "ada@example.com" });
  const taken = await stage.browser().open(await viaGitHub(stage.browser()));
  expect(taken.status).toBe(403);
  const stranger = stage.browser();
  expect((await stranger.open(await viaGitHub(stranger))).status).toBe(409);
  expect(await stranger.self()).toBe(undefined);
  expect((await ada.open(await viaGitHub(ada, "?connect"))).location).toBe("/account");
  expect((await stranger.open(await viaGitHub(stranger))).location).toBe("/projects");
  expect(await stranger.self()).toBe("Ada Lovelace");
});

test("where users make projects, each owns the part before the slash of theirs, and makes 20", async () => {
  const stage = await startPeople({ DEFERRED_NEW_PROJECTS: "users" });
  const ada = await stage.signUp("ada@example.com");
  expect((await ada.open("/")).text).toContain('value="ada-lovelace/blocks"');
  const made = await ada.post(pagePaths.newProject, { slug: "ada/blocks" });
  expect([made.status, made.location]).toEqual([303, pagePaths.sign("ada/blocks")]);
  expect((await ada.open(pagePaths.sign("ada/blocks"))).status).toBe(200);
  expect((await ada.open(pagePaths.members("ada/blocks"))).text).toContain("ada@example.com");
  expect((await ada.open(pagePaths.project("ada/blocks"))).text).toContain("Sign a block");

  const eve = await stage.signUp("eve@example.com");
  expect((await eve.open(pagePaths.project("ada/blocks"))).status).toBe(404);
  const answers = [];
  // Nobody learns which names there are below the owner part.
  for (const slug of ["ada/blocks", "ada/none", "local/other"]) {
    const { status, text } = await eve.post(pagePaths.newProject, { slug });
    answers.push([status, text.includes("projects have this part before the slash")]);
  }
  expect(answers).toEqual([
    [422, true],
    [422, true],
    [422, true],
  ]);
  // It begins like another's, and is its own.
  expect((await eve.post(pagePaths.newProject, { slug: "ada-2/blocks" })).status).toBe(303);
  expect((await ada.open(pagePaths.projectAudit("ada/blocks"))).text).not.toContain("Eve");

  const remove = await ada.post(pagePaths.removeProject("ada/blocks"), { name: "ada/blocks" });
  expect(remove.status).toBe(303);
  for (let n = 2; n <= 20; n++) {
    const { location } = await ada.post(pagePaths.newProject, { slug: `ada/p${n}` });
    expect(location).toBe(pagePaths.sign(`ada/p${n}`));
  }
  const last = await ada.post(pagePaths.newProject, { slug: "ada/p21" });
  expect([last.status, last.text.includes("as many projects as a person may make")]).toEqual([
    422,
    true,
  ]);
});
