import { expect, test } from "vitest";
import { readSettings, SettingsError } from "../../../server/settings/settings.ts";

function mistakesOf(env: Record<string, string>): string[] {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.mistakes;
    throw error;
  }
}

const CLIENT = { DEFERRED_GITHUB_CLIENT_ID: "id", DEFERRED_GITHUB_CLIENT_SECRET: "secret" };

test("accounts are by invitation unless the settings say otherwise", () => {
  expect(readSettings({}).people).toEqual({
    ...{ signUp: "invited", newProjects: "owner", gitHubSignIn: undefined },
  });
  expect(readSettings({ ...CLIENT, DEFERRED_SIGN_UP: "open" }).people).toEqual({
    ...{ signUp: "open", newProjects: "owner" },
    gitHubSignIn: {
      ...{ clientId: "id", clientSecret: "secret" },
      ...{ site: "https://github.com", api: "https://api.github.com" },
    },
  });
});

test.each([
  [{ DEFERRED_SIGN_UP: "open" }, /SMTP_URL/],
  [{ DEFERRED_NEW_PROJECTS: "all" }, /owner or users/],
  [
    {
      ...{ ...CLIENT, DEFERRED_SIGN_UP: "open" },
      ...{ DEFERRED_NEW_PROJECTS: "users", DEFERRED_ALLOW_PRIVATE: "1" },
    },
    /DEFERRED_ALLOW_PRIVATE/,
  ],
  [{ DEFERRED_SIGN_UP: "yes" }, /invited or open or closed/],
  [{ DEFERRED_GITHUB_CLIENT_ID: "id" }, /belong together/],
  [{ ...CLIENT, DEFERRED_GITHUB_URL: "https://git.example" }, /git\.example\/api\/v3/],
  [
    {
      ...CLIENT,
      DEFERRED_GITHUB_URL: "http://git.example",
      DEFERRED_GITHUB_API: "https://git.example/api/v3",
    },
    /has to be https/,
  ],
])("%o is refused", (env, sentence) => {
  const mistakes = mistakesOf(env);
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatch(sentence);
});
