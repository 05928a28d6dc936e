import { Hono } from "hono";
import {
  DeviceCodeSchema,
  DeviceRequestSchema,
  DeviceTokenRequestSchema,
  DeviceTokenSchema,
} from "../../../protocol/device-login.ts";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import { jsonBody } from "../../http/json-body.ts";
import { describe } from "../../http/openapi/describe.ts";
import type { CallerLimits } from "../../http/limits/callers.ts";
import type { Tokens } from "../tokens.ts";
import { LOGIN_KEPT_MS, POLL_S, type DeviceLogins } from "./logins.ts";

const MAX_BODY_BYTES = 4 * 1024;
const FRESH = { "cache-control": "no-store" };

export interface DeviceRoutesDeps {
  logins: DeviceLogins;
  tokens: Pick<Tokens, "createForUser">;
  callers: Pick<CallerLimits, "countRequest" | "caller">;
  /** The server's public URL. */
  url: string;
}

/** The calls of a program that logs in. Its approval is a page. */
export function deviceRoutes({ logins, tokens, callers, url }: DeviceRoutesDeps): Hono {
  const app = new Hono();

  app.post(paths.deviceCode, docs.begin, async (c) => {
    callers.countRequest(c);
    const { host } = await jsonBody(c, DeviceRequestSchema, MAX_BODY_BYTES);
    const { deviceCode, userCode } = logins.begin({ host, address: callers.caller(c) });
    const page = url + pagePaths.device;
    const answer = {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: page,
      verification_uri_complete: `${page}?${new URLSearchParams({ user_code: userCode })}`,
      expires_in: LOGIN_KEPT_MS / 1000,
      interval: POLL_S,
    };
    return c.json(answer, 200, FRESH);
  });

  app.post(paths.deviceToken, docs.take, async (c) => {
    const { device_code } = await jsonBody(c, DeviceTokenRequestSchema, MAX_BODY_BYTES);
    const { user, host } = logins.take(device_code);
    const { id, token, expires_at } = await tokens.createForUser(user.id, {
      name: `login on ${host}`,
    });
    const answer = { access_token: token, token_type: "Bearer", id, expires_at, user: user.name };
    return c.json(answer, 200, FRESH);
  });

  return app;
}

const docs = {
  begin: describe({
    tag: "Projects",
    summary: "Begin to log a program in",
    description:
      "As in RFC 8628: show the user code and the address, and ask for the token until the person has decided.",
    body: DeviceRequestSchema,
    answers: { 200: ["The codes, which end in ten minutes.", DeviceCodeSchema] },
    errors: ["rate_limited", "overloaded"],
  }),
  take: describe({
    tag: "Projects",
    summary: "Ask for the token of a login",
    description: "Not more often than the interval says. The answer has the token once.",
    body: DeviceTokenRequestSchema,
    answers: { 200: ["A token with the roles of who approved it.", DeviceTokenSchema] },
    errors: ["authorization_pending", "slow_down", "access_denied", "expired_token"],
  }),
};
