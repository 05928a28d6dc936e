import { expect, test } from "vitest";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Channel } from "../../../server/notices/channels/channel.ts";
import { createChannels } from "../../../server/notices/channels/channels.ts";
import { startPushedProject } from "../pushed-project.ts";
import { told } from "./told.ts";

/** A channel as a contributor would write it in a file of its own; its service refuses the first call. */
function pager() {
  const pages: { id: string; body: string }[] = [];
  let calls = 0;
  const channel: Channel = {
    kind: "pager",
    label: "Pager",
    ordered: "by run",
    drafts: async ({ state, title }) =>
      state === "failed" ? [{ target: "+1 555", what: "failure", body: `${title} failed` }] : [],
    async send({ id, body }) {
      if (++calls === 1) throw new Error("no signal");
      pages.push({ id, body });
      return { kind: "sent", answer: "Delivered." };
    },
  };
  return { channel, pages };
}

// docs/architecture.md says so of a new channel.
test("a channel and the line that names it are told of runs, tried again, and shown", async () => {
  const { channel, pages } = pager();
  const project = await startPushedProject({
    times: { noticeDelays: [20] },
    channels: (deps) => [...createChannels(deps), channel],
  });
  await project.pushAndRun({ subject: "Works" });
  await project.pushAndRun({ subject: "Breaks", branch: "next" }, 1);
  const notices = await told(project);
  expect(notices).toMatchObject([{ kind: "pager", target: "+1 555", state: "sent", tries: 2 }]);
  expect(pages).toEqual([{ id: notices[0]!.id, body: "Breaks failed" }]);
  const page = await project.call("GET", pagePaths.notices(project.slug), undefined, {
    ...project.owner,
    accept: "text/html",
  });
  expect(await page.text()).toContain("Pager");
});
