import { expect, test } from "vitest";
import { newKeyPair } from "../../../../blocks/keys.ts";
import { pagePaths, paths } from "../../../../protocol/paths.ts";
import type { ProjectView } from "../../../../protocol/projects.ts";
import { signIn } from "../../sign-in.ts";
import { startPushedProject } from "../../pushed-project.ts";
import { textOfHtml } from "../html-text.ts";
import { formClient } from "./form-client.ts";

async function start() {
  const project = await startPushedProject();
  const { slug } = project;
  const view = async () => (await project.own("GET", paths.project(slug))) as ProjectView;
  return { project, slug, view, ...formClient(project, await signIn(project)) };
}

test("each group of settings is saved, and the others stay", async () => {
  const { slug, view, post } = await start();
  const saved = async (path: string, fields: Record<string, string | string[]>) =>
    expect(await post(path, fields)).toMatchObject({ status: 303, to: `${path}?done=saved` });
  await saved(pagePaths.settings(slug), {
    ...{ public: "on", block_network: "hosts", hosts: "API.example.org\r\n*.example.com" },
  });
  await saved(pagePaths.branches(slug), {
    ...{ branches: "main\r\nrelease/*", tags: "v*", pull_requests: "on" },
  });
  await saved(pagePaths.telling(slug), { watchers: "a@example.org, b@example.org" });
  await saved(pagePaths.repository(slug), {
    ...{ repository: "http://127.0.0.1:1/acme/other.git", lfs: "on" },
  });
  expect(await view()).toMatchObject({
    repository: "http://127.0.0.1:1/acme/other.git",
    settings: {
      ...{ public: true, network: false, block_network: ["api.example.org", "*.example.com"] },
      ...{ branches: ["main", "release/*"], tags: ["v*"], pull_requests: true },
      ...{ watchers: ["a@example.org", "b@example.org"], mail_author: false },
      ...{ submodules: false, lfs: true },
    },
  });
});

test("a mistake shows the form again as it was typed, with a sentence beside the field", async () => {
  const { slug, view, post } = await start();
  const before = await view();
  const mistaken = async (
    path: string,
    fields: Record<string, string | string[]>,
    [field, sentence]: readonly [string, string],
  ) => {
    const { status, text } = await post(path, fields);
    expect([path, status]).toEqual([path, 422]);
    expect(text).toContain("Nothing was changed.");
    const plain = text.replace(/&(#39|quot|amp);/g, "'").replace(/\s+/g, " ");
    expect(plain).toContain(`id="field-${field}-mistake">${sentence}`);
    expect(plain).toContain(`aria-describedby="field-${field}`);
    for (const typed of Object.values(fields).flat()) {
      if (typed.length > 3) expect(plain).toContain(typed.replace(/\s+/g, " "));
    }
  };
  const hosts = { block_network: "hosts", hosts: "https://example.org/x" };
  await mistaken(pagePaths.settings(slug), hosts, ["hosts", "https://example.org/x is not"]);
  await mistaken(pagePaths.branches(slug), { branches: "main\na~b" }, ["branches", "a~b is not"]);
  await mistaken(pagePaths.telling(slug), { watchers: "nobody" }, [
    "watchers",
    "nobody is no mail",
  ]);
  const repository = "ftp://example.org/a";
  await mistaken(pagePaths.repository(slug), { repository }, ["repository", "Write it as https:"]);
  const secret = { name: "lower", value: "the <value>" };
  const { status, text } = await post(pagePaths.secrets(slug), secret);
  expect([status, text]).toEqual([422, expect.stringContaining("the &lt;value&gt;</textarea")]);
  await mistaken(pagePaths.secrets(slug), { name: "DEFERRED_REF", value: "x" }, [
    "name",
    "Every run has a variable DEFERRED_REF of its own",
  ]);
  await mistaken(pagePaths.keys(slug), { jwk: "none", label: "mine" }, ["jwk", "It is no JSON"]);
  const hook = { url: "not a URL", events: "run.ended" };
  await mistaken(pagePaths.addOutgoingHook(slug), hook, ["url", "Enter an address"]);
  const app = pagePaths.credential(slug, "github_app");
  await mistaken(app, { app_id: "123456" }, ["private_key", "Paste it here."]);
  expect(await view()).toEqual(before);
});

test("what is destroyed is named on a page first, and each secret is shown once", async () => {
  const { project, slug, get, post } = await start();
  const lists = async (path: string) => (await get(path)).text;

  const empty = await post(pagePaths.secrets(slug), { name: "KEY", value: "" });
  expect([empty.status, textOfHtml(empty.text)]).toEqual([
    422,
    expect.stringContaining("Type a value."),
  ]);
  expect((await post(pagePaths.secrets(slug), { name: "KEY", value: "a\r\nb\r\n" })).status).toBe(
    303,
  );
  const removal = pagePaths.removeSecret(slug, "KEY");
  expect((await get(removal)).text).toContain("Its value is deleted.");
  expect((await get(pagePaths.removeSecret(slug, "OTHER"))).status).toBe(404);
  expect((await post(removal)).to).toBe(`${pagePaths.secrets(slug)}?done=removed`);
  expect(await lists(pagePaths.secrets(slug))).toContain("no secrets yet");

  const { publicJwk, kid } = await newKeyPair();
  const added = await post(pagePaths.keys(slug), {
    jwk: JSON.stringify(publicJwk),
    label: "Ada's",
  });
  expect(added.status).toBe(303);
  expect((await get(pagePaths.revokeKey(slug, kid))).text).toContain("is refused from now on");
  expect((await post(pagePaths.revokeKey(slug, kid))).status).toBe(303);
  const revokedAt = /Revoked [^]*?<small>by Owner/;
  expect(await lists(pagePaths.keys(slug))).toMatch(revokedAt);

  const made = await post(pagePaths.newToken(slug), {
    name: "CI",
    scope: "run",
    expires: "604800",
  });
  const token = /deferred_[\w-]+/.exec(made.text)?.[0];
  expect(
    await project.call("GET", paths.project(slug), undefined, { authorization: `Bearer ${token}` }),
  ).toMatchObject({ status: 200 });
  const listed = await lists(pagePaths.tokens(slug));
  expect(listed).toContain("CI");
  expect(listed).not.toContain(token);
  const revoke = /\/settings\/tokens\/[0-9a-z]+\/revoke/.exec(listed)?.[0] ?? "";
  expect((await post(`/projects/${slug}${revoke}`)).status).toBe(303);
  expect(await lists(pagePaths.tokens(slug))).toContain("There are none yet.");

  const hook = await post(pagePaths.addOutgoingHook(slug), {
    ...{ url: "http://127.0.0.1:1/told", events: ["run.started", "run.ended"] },
  });
  expect(hook.text).toMatch(/whsec_[A-Za-z0-9+/]{43}=/);
  const telling = await lists(pagePaths.telling(slug));
  expect(telling).not.toContain("whsec_");
  const remove = /webhooks\/[0-9a-z]+\/remove/.exec(telling)?.[0] ?? "";
  expect((await post(`/projects/${slug}/settings/notices/${remove}`)).status).toBe(303);

  const old = (await project.own("GET", `${paths.project(slug)}?hook_secret=1`)) as ProjectView;
  const renewed = await post(pagePaths.renewWebhook(slug));
  expect(renewed.text).toMatch(/whsec_/);
  expect(renewed.text).not.toContain(old.hook_secret);
  expect(await lists(pagePaths.webhook(slug))).not.toContain("whsec_");

  expect((await post(pagePaths.credential(slug, "github_token"), { github_token: "abc" })).to).toBe(
    `${pagePaths.repository(slug)}?done=saved`,
  );
  const gone = pagePaths.removeCredential(slug, "github_token");
  expect((await get(gone)).text).toContain("get no statuses any more");
  expect((await post(gone)).status).toBe(303);
  expect((await get(gone)).status).toBe(404);
});

test("settings say who set a secret, a key and a credential, and the audit log says it in sentences", async () => {
  const { slug, get, post } = await start();
  const { publicJwk } = await newKeyPair();
  await post(pagePaths.secrets(slug), { name: "DEPLOY_KEY", value: "x" });
  await post(pagePaths.keys(slug), { jwk: JSON.stringify(publicJwk), label: "Laptop" });
  await post(pagePaths.credential(slug, "github_token"), { github_token: "abc" });
  for (const path of [pagePaths.secrets(slug), pagePaths.keys(slug), pagePaths.repository(slug)]) {
    expect([path, (await get(path)).text]).toEqual([path, expect.stringContaining("by Owner<")]);
  }

  const audit = textOfHtml((await get(pagePaths.projectAudit(slug))).text).replace(/\s+/g, " ");
  expect(audit).toContain(`Owner set the github_token of ${slug}`);
  expect(audit).toContain(`Owner added the signing key Laptop to ${slug}`);
  expect(audit).toContain(
    `Owner set the secret DEPLOY_KEY of ${slug} Call Sent POST ${pagePaths.secrets(slug)} Answer 303`,
  );
});

test("a project is removed by its name alone, and restored from the list of removed ones", async () => {
  const { slug, get, post } = await start();
  const path = pagePaths.removeProject(slug);
  expect((await get(path)).text).toContain("After seven days");
  const wrong = await post(path, { name: "acme/other" });
  expect([wrong.status, wrong.text]).toEqual([422, expect.stringContaining("acme/other")]);
  const removed = await post(path, { name: slug });
  expect(removed.to).toBe(`${pagePaths.removedProjects}?done=acme%2Fsite`);
  expect((await get(removed.to ?? "")).text).toContain("acme/site is removed.");
  expect((await get(pagePaths.project(slug))).status).toBe(404);
  const back = await post(pagePaths.restoreProject(slug));
  expect(back).toMatchObject({ status: 303, to: pagePaths.project(slug) });
  expect((await get(pagePaths.project(slug))).status).toBe(200);
});
