import { expect, test } from "vitest";
import type { AuditEntry } from "../../../protocol/audit.ts";
import { auditPage } from "../../../server/pages/people/audit.ts";
import { auditSentence, usersNamed } from "../../../server/pages/people/audit-sentences.ts";
import { RULES } from "../accounts/access-rules.ts";

const ENTRY: AuditEntry = {
  number: 1,
  at: "2026-03-02T09:12:40.018Z",
  actor_kind: "user",
  actor: "2y5hg8q1r0m7c4k9v6x3bn0dwz",
  actor_name: "ada",
  project: "acme/site",
  action: "PUT /v1/projects/{owner}/{name}/secrets/{secret}",
  path: "/v1/projects/acme/site/secrets/DEPLOY_KEY",
  status: 204,
  location: null,
  detail: null,
};

function sentence(changes: Partial<AuditEntry>): string {
  const { parts, rest } = auditSentence({ ...ENTRY, ...changes });
  const said = parts.map((part) => ("words" in part ? part.words : part.value)).join("");
  return rest === null ? said : `${said}: ${rest}`;
}

test("an entry says what was done, with the names from its path and its notes", () => {
  expect(sentence({})).toBe("set the secret DEPLOY_KEY of acme/site");
  const form = { action: "POST /projects/{owner}/{name}/settings/secrets", path: "/projects/…" };
  expect(sentence({ ...form, detail: "DEPLOY_KEY", status: 303 })).toBe(
    "set the secret DEPLOY_KEY of acme/site",
  );
  expect(
    sentence({
      action: "PATCH /v1/projects/{owner}/{name}",
      path: "/v1/projects/acme/site",
      detail: "settings public",
      status: 200,
    }),
  ).toBe("changed acme/site: settings public");
  expect(sentence({ action: "POST /auth/github/callback", detail: "connected ada" })).toBe(
    "connected ada",
  );
  const prove = { action: "POST /account/prove/password", path: "/account/prove/password" };
  expect(sentence({ ...prove, status: 303 })).toBe("proved who they are by password");
});

test("a refused call tried, and a call without an answer may have been done", () => {
  expect(sentence({ status: 404 })).toBe("tried to set the secret DEPLOY_KEY of acme/site");
  const wake = "POST /v1/projects/{owner}/{name}/wake";
  expect(sentence({ action: wake, path: "/v1/projects/acme/site/wake", status: null })).toBe(
    "may have woken a machine for acme/site",
  );
});

test("a call that no rule knows is named itself, and an odd path breaks nothing", () => {
  expect(sentence({ action: "POST /v1/new" })).toBe("sent POST /v1/new");
  expect(sentence({ path: "/v1/projects/acme/site/secrets/%E0%A4%A" })).toContain("%E0%A4%A");
  expect(sentence({ path: "/", project: null })).toBe("set the secret (unnamed) of a project");
});

test("an entry about a user shows their name; of one who was removed the beginning of their id", async () => {
  const [grace, gone] = ["3".repeat(26), "4".repeat(26)];
  const entries = [
    { action: "PUT /v1/projects/{owner}/{name}/members/{user}", user: grace, detail: "viewer" },
    { action: "DELETE /v1/users/{id}", user: gone, detail: null },
  ].map(({ action, user, detail }) => {
    const path = action.replace(/^\w+ /, "").replace(/\{(?:user|id)\}/, user);
    return { ...ENTRY, action, path, detail };
  });
  expect(entries.flatMap(usersNamed)).toEqual([grace, gone]);
  const names = new Map([[grace, "Grace <b>"]]);
  const options = { query: {}, older: undefined, csv: "/audit.csv", names, now: 0 };
  const page = String(await auditPage(entries, options));
  expect(page).toContain(`<strong title="${grace}">Grace &lt;b&gt;</strong>`);
  expect(page).toContain(`<code title="${gone}">44444444</code>`);
});

/** Sign-ins and the like, which note in words what they are; and blocks of pages, which leave no entry. */
const IN_WORDS =
  /^POST \/(?:auth|sign-in|sign-up|sign-out|reset-password|confirm-email|device|account\/welcome)(?:\/|$)/;

test("every call and form that leaves an entry has a sentence", () => {
  const audited = Object.entries(RULES)
    .filter(([route, rule]) => !route.startsWith("GET ") && rule !== "open")
    .map(([route]) => route.replace(/\?.*/, "").replace(/:(\w+)(\{[^}]*\})?/g, "{$1}"))
    .filter((action) => !IN_WORDS.test(action))
    .filter((action) => !/\/v1\/(?:responder|hooks|uploads)\//.test(action));
  expect(audited.length).toBeGreaterThan(80);
  const unsaid = audited.filter((action) => sentence({ action }) === `sent ${action}`);
  expect(unsaid).toEqual([]);
});
