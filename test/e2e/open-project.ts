import type { BrowserContextOptions } from "playwright-core";
import { onTestFinished } from "vitest";
import { paths } from "../../protocol/paths.ts";
import { listen } from "../../server/http/listen.ts";
import { startPushedProject, type PushedProject } from "../server/pushed-project.ts";
import type { useBrowser } from "./browser.ts";

/** A project whose pages a signed-in browser has open. */
export async function openProject(
  browser: ReturnType<typeof useBrowser>,
  options: BrowserContextOptions = {},
  server: Pick<NonNullable<Parameters<typeof startPushedProject>[0]>, "env" | "times"> = {},
) {
  const settings = { watchers: ["eve@example.org"] };
  const project = await startPushedProject({ settings, ...server });
  let busy = false;
  let sent = 0;
  const listener = await listen("127.0.0.1", 0, async (request) => {
    if (busy && request.url.includes("/live?")) return new Response(null, { status: 503 });
    const answer = await project.app.fetch(request);
    const count = new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        sent += bytes.length;
        controller.enqueue(bytes);
      },
    });
    return answer.body ? new Response(answer.body.pipeThrough(count), answer) : answer;
  });
  onTestFinished(() => listener.close());
  const base = `http://127.0.0.1:${listener.port}`;
  const { url } = (await project.own("POST", paths.signInLinks)) as { url: string };
  const page = await browser.open(base + new URL(url).pathname, options);
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) refused.push(message.text());
  });
  return {
    project,
    page,
    base,
    refused,
    go: (path: string) => page.goto(base + path),
    /** Whether the server has no room for a stream. */
    setBusy: (value: boolean) => (busy = value),
    /** Bytes of bodies that the server sent, as they went over the wire. */
    bytesSent: () => sent,
  };
}

/** One run that failed, one under way, and one behind it. */
export async function someRuns(project: PushedProject) {
  const failed = await project.pushAndRun(
    { subject: "A subject as long as people write them when they explain" },
    3,
  );
  const { run, sha, delivery } = await project.push({ subject: "Under way", branch: "next" });
  const assignment = await project.claim();
  await project.steps(assignment, [
    { kind: "checkout", name: "Check out" },
    {
      name: "npm test -- --reporter=verbose-with-a-name-that-does-not-end",
      output: [
        { stream: "stdout", text: "\x1b[32mgreen\x1b[0m \x1b[31mred\x1b[0m \x1b[2mdim\x1b[0m\n" },
        { stream: "stderr", text: "x".repeat(400) },
      ],
      exit: undefined,
    },
  ]);
  // Authors choose subjects freely, and a branch's name has no blanks at which to wrap.
  await project.push({
    subject: `Behind${"e".repeat(150)}`,
    branch: `next_${"n".repeat(150)}`,
    author: { name: "a".repeat(150), email: "ada@example.org" },
  });
  await project.push({ subject: "Behind", branch: "next" });
  return { failed, run, sha, delivery, assignment };
}
