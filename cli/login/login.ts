import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { actorWords } from "../../protocol/actors.ts";
import {
  DeviceCodeSchema,
  DeviceTokenSchema,
  type DeviceToken,
} from "../../protocol/device-login.ts";
import { paths } from "../../protocol/paths.ts";
import { WhoamiSchema } from "../../protocol/people.ts";
import { readAuthor } from "../api/author.ts";
import { call, RefusedError } from "../api/call.ts";
import { connect } from "../api/client.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT } from "../command/options.ts";
import { CliError, UsageError } from "../errors/cli-error.ts";
import { note, print, printFacts, tell } from "../terminal/print.ts";
import { configFolder, forgetLogin, readLogins, saveLogin } from "./saved-logins.ts";

export function login(command: Command): CommandUnknownOpts {
  return command
    .description(
      "Shows a code; approve it in a browser that is signed in at the server. The token that this machine gets has your " +
        "roles, for 90 days. It is kept in ~/.config/deferred, readable by you alone.",
    )
    .argument("[URL]", "The server (default: $DEFERRED_URL)")
    .addHelpText("after", examples("deferred login https://runner.example"))
    .action(async (given) => {
      const server = given === undefined ? (await readAuthor()).serverUrl : originOf(given);
      const code = await call(server + paths.deviceCode, DeviceCodeSchema, {
        method: "POST",
        body: { host: hostname().slice(0, 100) || "unknown" },
      });
      tell(
        `Open ${code.verification_uri_complete}`,
        `and approve the code ${code.user_code}. It works for ${code.expires_in / 60} minutes.`,
      );
      const { access_token: token, id, user } = await waitForToken(server, code);
      saveLogin(server, { token, id, user });
      print(`logged in at ${server} as ${user}`);
    });
}

function originOf(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text).origin;
  throw new UsageError(`"${text}" is no address of a server: write https://runner.example`);
}

async function waitForToken(
  server: string,
  code: { device_code: string; interval: number; expires_in: number },
): Promise<DeviceToken> {
  const { device_code } = code;
  for (let waited = 0; waited <= code.expires_in; waited += code.interval) {
    await sleep(code.interval * 1000);
    try {
      return await call(server + paths.deviceToken, DeviceTokenSchema, {
        method: "POST",
        body: { device_code },
      });
    } catch (error) {
      const isWaiting =
        error instanceof RefusedError &&
        /code: (authorization_pending|slow_down)$/.test(error.message);
      if (!isWaiting) throw error;
    }
  }
  throw new CliError("the login was not approved in time", { hint: "start it again" });
}

export function logout(command: Command): CommandUnknownOpts {
  return command
    .description("Revokes this machine's login at the server, and forgets it.")
    .argument("[URL]", "The server (default: that of the last login)")
    .addHelpText("after", examples("deferred logout"))
    .action(async (given) => {
      const { current, servers } = readLogins();
      const server = given === undefined ? current : originOf(given);
      const saved = server === undefined ? undefined : servers[server];
      if (server === undefined || !saved) {
        throw new CliError("there is no login to end", { hint: `${configFolder()} keeps logins` });
      }
      try {
        const { token } = saved;
        await call(server + paths.whoami, v.unknown(), { method: "DELETE", token });
      } catch (error) {
        // A token that was revoked or has expired needs no end.
        if (!(error instanceof RefusedError)) throw error;
        note(error.message.split("\n")[0] ?? "");
      }
      forgetLogin(server);
      print(`logged out at ${server}`);
    });
}

export function whoami(command: Command): CommandUnknownOpts {
  return command
    .description("Says whose token commands use here, and what it may do.")
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred whoami"))
    .action(async ({ json = false }) => {
      const client = await connect();
      const who = await client.call(paths.whoami, WhoamiSchema);
      printFacts(json, who, [
        ["server", client.serverUrl],
        ["who", who.email === null ? actorWords(who) : `${actorWords(who)} <${who.email}>`],
        ...(who.everything ? [["may", "everything"]] : []),
        ...who.projects.map(({ slug, may }) => [slug, may]),
        ...(who.expires_at === null ? [] : [["expires", who.expires_at]]),
      ]);
    });
}
