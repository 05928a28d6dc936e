import {
  Argument,
  Option,
  type Command,
  type CommandUnknownOpts,
} from "@commander-js/extra-typings";
import * as v from "valibot";
import { MadeInvitationSchema, MemberListSchema } from "../../protocol/members.ts";
import { paths } from "../../protocol/paths.ts";
import { SessionListSchema, UserListSchema } from "../../protocol/people.ts";
import { ROLES } from "../../protocol/roles.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { connect } from "../api/client.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, PROJECT, YES } from "../command/options.ts";
import { formatAge } from "../terminal/age.ts";
import { confirm } from "../terminal/confirm.ts";
import { note, print, printFacts, printJson, tell } from "../terminal/print.ts";

export function manageMembers(command: Command): CommandUnknownOpts {
  const role = () => new Option("--role <ROLE>", "What they may do").choices(ROLES);
  const add = createCommand("add", "Make a link that makes who opens it a member, once")
    .option(...PROJECT)
    .addOption(role().makeOptionMandatory())
    .option("--email <ADDRESS>", "Where the server sends the link, if it sends mails")
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred members add --project ada/blog --role runner"))
    .action(async ({ project: named, role: wanted, email, json }) => {
      const client = await connect({ project: named });
      const body = { role: wanted, email };
      const path = paths.invitations(client.project);
      const made = await client.call(path, MadeInvitationSchema, { method: "POST", body });
      if (json) return printJson(made);
      print(made.url);
      tell(
        `Who opens it and signs in becomes ${wanted} of ${client.project}, once, until ${made.expires_at}.`,
      );
      if (made.mailed) note(`it is on its way to ${email}`);
    });
  const list = createCommand("list", "List a project's members and their roles")
    .option(...PROJECT)
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred members list --project ada/blog"))
    .action(async ({ project, json = false }) => {
      const client = await connect({ project });
      const found = await client.call(paths.members(client.project), MemberListSchema);
      const rows = found.members.map(({ user, name, email, role: has, since }) => [
        ...[user, has, plainLine(name, 40), email ?? "", since.slice(0, 10)],
      ]);
      const header = ["USER", "ROLE", "NAME", "EMAIL", "SINCE"];
      printFacts(json, found, rows.length === 0 ? [] : [header, ...rows]);
      if (rows.length === 0) note("it has no members: deferred members add invites somebody");
    });
  const set = createCommand("set", "Change a member's role")
    .argument("<USER>", "The user's id, as members list shows it")
    .addArgument(new Argument("<ROLE>", "The new role").choices(ROLES))
    .option(...PROJECT)
    .addHelpText("after", examples("deferred members set 3h3pz6k2m9t0q4w8x1r5v7y2ab maintainer"))
    .action(async (user, wanted, { project }) => {
      const client = await connect({ project });
      const body = { role: wanted };
      await client.call(paths.member(client.project, user), v.unknown(), { method: "PUT", body });
      print(`${user} is ${wanted} of ${client.project}`);
    });
  const remove = createCommand("remove", "End a membership")
    .argument("<USER>", "The user's id, as members list shows it")
    .option(...PROJECT)
    .option(...YES)
    .addHelpText("after", examples("deferred members remove 3h3pz6k2m9t0q4w8x1r5v7y2ab"))
    .action(async (user, { project, yes }) => {
      const client = await connect({ project });
      if (!yes) await confirm(`Remove ${user} from ${client.project}?`);
      await client.call(paths.member(client.project, user), v.unknown(), { method: "DELETE" });
      print(`removed ${user}`);
    });
  return command
    .description(
      "A viewer reads a project; a runner also starts and cancels runs; a maintainer also changes settings, secrets, " +
        "keys and blocks; an owner also decides who the members are.",
    )
    .addCommand(list)
    .addCommand(add)
    .addCommand(set)
    .addCommand(remove);
}

export function manageUsers(command: Command): CommandUnknownOpts {
  const list = createCommand("list", "List the users of the server")
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred users list"))
    .action(async ({ json = false }) => {
      const found = await (await connect()).call(paths.users, UserListSchema);
      const now = Date.now();
      const rows = found.users.map(({ id, name, email, owner, projects, last_used_at: at }) => [
        ...[id, plainLine(name, 40), email ?? "", owner ? "the server's owner" : String(projects)],
        at === null ? "never" : formatAge(at, now),
      ]);
      const header = ["USER", "NAME", "EMAIL", "PROJECTS", "LAST USE"];
      printFacts(json, found, rows.length === 0 ? [] : [header, ...rows]);
      if (rows.length === 0) note("nobody has signed in yet");
    });
  const remove = createCommand("remove", "Remove a user with sessions, logins and memberships")
    .argument("<USER>", "The user's id, as users list shows it")
    .option(...YES)
    .addHelpText("after", examples("deferred users remove 3h3pz6k2m9t0q4w8x1r5v7y2ab"))
    .action(async (id, { yes }) => {
      const client = await connect();
      if (!yes) await confirm(`Remove ${id}? This can't be undone.`);
      await client.call(paths.user(id), v.unknown(), { method: "DELETE" });
      print(`removed ${id}`);
      note("tokens of projects that the user knows stay: deferred tokens list");
    });
  return command
    .description("People who may sign in. It takes the owner's token.")
    .addCommand(list)
    .addCommand(remove);
}

export function manageSessions(command: Command): CommandUnknownOpts {
  const list = createCommand("list", "List browsers that are signed in")
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred sessions list"))
    .action(async ({ json = false }) => {
      const found = await (await connect()).call(paths.sessions, SessionListSchema);
      const now = Date.now();
      const rows = found.sessions.map(({ id, user, agent, began_at, last_used_at }) => [
        ...[id, plainLine(user, 30), formatAge(began_at, now), formatAge(last_used_at, now)],
        plainLine(agent, 60),
      ]);
      const header = ["SESSION", "USER", "BEGAN", "LAST USE", "BROWSER"];
      printFacts(json, found, rows.length === 0 ? [] : [header, ...rows]);
      if (rows.length === 0) note("no browser is signed in");
    });
  const end = createCommand("end", "Sign browsers out")
    .argument("<SESSION...>", "Their ids, as sessions list shows them")
    .addHelpText("after", examples("deferred sessions end 3h3pz6k2m9t0q4w8x1r5v7y2ab"))
    .action(async (ids) => {
      const client = await connect();
      for (const id of ids) {
        await client.call(paths.session(id), v.unknown(), { method: "DELETE" });
        print(`ended ${id}`);
      }
    });
  return command
    .description("Your own after deferred login; everybody's with the owner's token.")
    .addCommand(list)
    .addCommand(end);
}
