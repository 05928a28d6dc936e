import { expect } from "vitest";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import type { System } from "../system.ts";

/** The device code of a login that the session approves. */
export async function approveLogin(system: System, cookie: string): Promise<string> {
  const begun = await system.call("POST", paths.deviceCode, { host: "laptop" });
  const codes = (await begun.json()) as { device_code: string; user_code: string };
  const decided = await system.app.request(pagePaths.device, {
    method: "POST",
    headers: {
      ...{ cookie, "sec-fetch-site": "same-origin" },
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({ user_code: codes.user_code, decision: "approve" }),
  });
  expect(decided.status).toBe(200);
  return codes.device_code;
}

/** The token of a login that the session approves. */
export async function logIn(system: System, cookie: string): Promise<string> {
  const device_code = await approveLogin(system, cookie);
  const taken = await system.call("POST", paths.deviceToken, { device_code });
  return ((await taken.json()) as { access_token: string }).access_token;
}
