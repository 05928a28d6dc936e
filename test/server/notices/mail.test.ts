import { expect, test } from "vitest";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import type { Outcome } from "../../../protocol/outcome.ts";
import type { RunView } from "../../../protocol/run.ts";
import { needsTls } from "../../../server/settings/smtp-url.ts";
import { eventually } from "../../eventually.ts";
import { startMailbox, textOfMail } from "../../services/mailbox.ts";
import { startPushedProject, type PlayedStep } from "../pushed-project.ts";
import { told } from "./told.ts";

async function mailed(settings: object = { watchers: ["eve@example.org"] }) {
  const mailbox = await startMailbox();
  const env = { SMTP_URL: mailbox.url, DEFERRED_MAIL_FROM: "Runner <runner@example.net>" };
  const times = { noticeDelays: [20] };
  return { mailbox, project: await startPushedProject({ settings, env, times }) };
}

test("a failure is mailed to author and watchers with its output, and so is the recovery, in one thread", async () => {
  const { mailbox, project } = await mailed();
  await project.pushAndRun({ subject: "Works" });
  const { run } = await project.pushAndRun(
    { subject: "Breaks" },
    3,
    "\x1b[31m✗ counts words\x1b[0m\n",
  );
  await eventually(async () => mailbox.mails.length === 2 || undefined);
  const failure = mailbox.mails.find(({ to }) => to.includes("ada@example.org"))!;
  expect(mailbox.mails.flatMap(({ to }) => to).toSorted()).toEqual([
    "ada@example.org",
    "eve@example.org",
  ]);
  expect(failure).toMatchObject({
    from: "runner@example.net",
    headers: {
      from: "Runner <runner@example.net>",
      to: "ada@example.org",
      subject: "[acme/site] failed: Breaks (main)",
      "auto-submitted": "auto-generated",
      "list-id": "acme/site <site.acme.127.0.0.1>",
    },
  });
  const text = textOfMail(failure.source);
  expect(text).toContain("acme/site failed on main.");
  expect(text).toContain("Failed with exit status 3 after 3.2 s.");
  expect(text).toContain(`http://127.0.0.1:8080/projects/acme/site/runs/${run}`);
  expect(text).toContain("The step: npm test");
  expect(text).toContain("    ✗ counts words\n".replace("\n", ""));

  await project.pushAndRun({ subject: "Works again" });
  await eventually(async () => mailbox.mails.length === 4 || undefined);
  const recovery = mailbox.mails.findLast(({ to }) => to.includes("ada@example.org"))!;
  expect(recovery.headers["subject"]).toBe("[acme/site] works again: Works again (main)");
  expect(recovery.headers["references"]).toBe(failure.headers["references"]);
  expect(recovery.headers["message-id"]).not.toBe(failure.headers["message-id"]);

  await project.pushAndRun({ subject: "Still works" });
  await told(project);
  expect(mailbox.mails.length).toBe(4);
});

test("a mail leads to the failing line, also where the log goes on after it", async () => {
  const { mailbox, project } = await mailed({ watchers: [] });
  const { run } = await project.push({ subject: "Breaks" });
  const assignment = await project.claim();
  await project.steps(assignment, [
    { kind: "checkout", name: "Check out", output: "From origin\n" },
    {
      name: "npm test",
      output: [
        { stream: "stdout", text: "1 passed\n" },
        { stream: "stderr", text: "expected 4, got 5\n" },
        { stream: "stdout", text: "\ndone\n" },
      ],
      exit: 1,
    },
    { kind: "cache", name: "Save vendor", output: "no room\n", exit: 1 },
  ]);
  await project.finish(assignment, { exit_code: 1 });
  const mail = await eventually(async () => mailbox.mails[0]);
  const [, link] = /^The run: (.*)$/m.exec(textOfMail(mail.source)) ?? [];
  expect(new URL(link!).hash).toBe("#step-1-L2");
  expect(new URL(link!).pathname).toBe(pagePaths.run(project.slug, run));
});

test.each<[string, PlayedStep[], Partial<Outcome>, string | undefined]>([
  [
    "that failed, whatever went wrong with a cache",
    [
      { kind: "cache", name: "Restore vendor", exit: 1 },
      { name: "rake test", exit: 2 },
    ],
    { exit_code: 2 },
    "rake test",
  ],
  [
    "that a limit cut off",
    [
      { kind: "cache", name: "Restore vendor" },
      { name: "rake test", exit: undefined },
    ],
    { cause: "wall_time", exit_code: null },
    "rake test",
  ],
  [
    "and none where all went well before the run was refused",
    [{ kind: "cache", name: "Restore vendor", output: "restored\n" }],
    { cause: "refused", reason: "file_invalid", exit_code: null, detail: "Line 3." },
    undefined,
  ],
])("a mail names the step %s", async (_, steps, outcome, named) => {
  const { mailbox, project } = await mailed({ watchers: [] });
  await project.push({ subject: "Breaks" });
  const assignment = await project.claim();
  await project.steps(assignment, steps);
  await project.finish(assignment, outcome);
  const mail = await eventually(async () => mailbox.mails[0]);
  const text = textOfMail(mail.source);
  expect(/^The step: (.*)$/m.exec(text)?.[1]).toBe(named);
  expect(text).not.toContain("restored");
});

test("a schedule that is gone from the file is no failure and mails nobody", async () => {
  const { mailbox, project } = await mailed();
  await project.pushAndRun({ subject: "Breaks" }, 1);
  await eventually(async () => mailbox.mails.length === 2 || undefined);
  const { run } = await project.push({ subject: "Scheduled" });
  await project.finish(await project.claim(), {
    ...{ cause: "refused", reason: "schedule_gone", exit_code: null },
    detail: "It has no entry 1 under schedule.",
  });
  await told(project);
  const view = (await project.own("GET", paths.run(run))) as RunView;
  expect(view).toMatchObject({ state: "canceled", ending: { reason: { code: "schedule_gone" } } });
  expect(mailbox.mails).toHaveLength(2);
});

test("branches are judged apart, and no subject or name becomes a header", async () => {
  const { mailbox, project } = await mailed({ watchers: [] });
  await project.pushAndRun({ subject: "Breaks" }, 1);
  const author = { name: "Ada\r\nBcc: eve@example.org", email: "ada@example.org" };
  await project.pushAndRun({ subject: "Fine\r\nBcc: eve@example.org", branch: "other", author });
  await project.pushAndRun(
    { subject: `Bad \u2028${"=?utf-8?q?x?=".repeat(30)}`, branch: "other", author },
    1,
  );
  await eventually(async () => mailbox.mails.length === 2 || undefined);
  await told(project);
  for (const { to, headers, source } of mailbox.mails) {
    expect(to).toEqual(["ada@example.org"]);
    expect(headers["bcc"]).toBeUndefined();
    expect(headers["subject"]).toBeDefined();
    expect(source.slice(0, source.indexOf("\r\n\r\n"))).not.toMatch(/^bcc/im);
  }
});

test("a server that is busy is asked again with the same mail; one that refuses for good is not", async () => {
  const { mailbox, project } = await mailed({ watchers: [] });
  mailbox.refusals.push({ code: 451, text: "come back later" });
  await project.pushAndRun({ subject: "Breaks" }, 1);
  const [sent] = await told(project);
  expect(sent).toMatchObject({ kind: "mail", what: "failure", state: "sent", tries: 2 });
  expect(mailbox.mails.length).toBe(1);

  mailbox.refusals.push({ code: 550, text: "no such user" });
  await project.pushAndRun({ subject: "Breaks again" }, 1);
  const [refused] = await told(project);
  expect(refused).toMatchObject({ state: "given_up", tries: 1 });
  expect(refused!.answer).toMatch(/^The mail was not taken: .*no such user/);
});

test("nobody reads of a failure after its recovery, however late the first mail is taken", async () => {
  const { mailbox, project } = await mailed({ watchers: [] });
  mailbox.refusals.push(
    ...Array.from({ length: 3 }, () => ({ code: 451, text: "come back later" })),
  );
  await project.pushAndRun({ subject: "Breaks" }, 1);
  await project.pushAndRun({ subject: "Works again" });
  await told(project);
  const subjects = mailbox.mails.map(({ headers }) => headers["subject"]);
  expect(subjects).toEqual([
    expect.stringContaining("failed"),
    expect.stringContaining("works again"),
  ]);
});

test("authors are left alone where the project says so, and nobody is mailed without a mail server", async () => {
  const { mailbox, project } = await mailed({ mail_author: false, watchers: ["eve@example.org"] });
  await project.pushAndRun({ subject: "Breaks" }, 1);
  await told(project);
  expect(mailbox.mails.map(({ to }) => to)).toEqual([["eve@example.org"]]);

  const silent = await startPushedProject({ settings: { watchers: ["eve@example.org"] } });
  await silent.pushAndRun({ subject: "Breaks" }, 1);
  expect(await told(silent)).toEqual([]);
});

test.each([
  ["smtp://runner:s3cret@mail.example:587", true],
  ["smtp://runner:s3cret@mail.example:587?ignoreTLS=true", false],
  ["smtp://mail.example", false],
  ["smtp://runner:s3cret@127.0.0.1:2525", false],
])("of %s a password is said over TLS alone: %s", (url, needed) => {
  expect(needsTls(url)).toBe(needed);
});
