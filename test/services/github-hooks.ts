import { createHmac, randomUUID } from "node:crypto";
import type { ReceivedCall, ReceiverAnswer } from "./receiver.ts";

interface PlayedHook {
  id: number;
  active: boolean;
  events: string[];
  config: { url: string; content_type: string; secret: string; insecure_ssl: string };
  last_response: { code: number | null; status: string; message: string | null };
}

export type PlayedHooks = ReturnType<typeof playGitHubHooks>;

/**
 * GitHub's calls about the webhooks of a repository, with what GitHub checks of them:
 * https://docs.github.com/en/rest/repos/webhooks
 */
export function playGitHubHooks(options: {
  repository: string;
  /** The token that may write webhooks; others are as good as none. */
  token: string;
  /** Sends a delivery; resolves with the status that the receiver answers. */
  deliver: (url: string, headers: Record<string, string>, body: string) => Promise<number>;
}) {
  const { repository, token, deliver } = options;
  const hooks: PlayedHook[] = [];

  async function ping(hook: PlayedHook): Promise<void> {
    const body = JSON.stringify({ zen: "Keep it logically awesome.", hook_id: hook.id });
    const signature = createHmac("sha256", hook.config.secret).update(body).digest("hex");
    const headers = {
      "content-type": "application/json",
      "x-github-event": "ping",
      "x-github-delivery": randomUUID(),
      "x-hub-signature-256": `sha256=${signature}`,
    };
    const code = await deliver(hook.config.url, headers, body).catch(() => undefined);
    hook.last_response =
      code === undefined
        ? { code: 502, status: "invalid_http_response", message: "failed to connect to host" }
        : {
            code,
            status: code < 300 ? "active" : "unused",
            message: code < 300 ? "OK" : "Refused",
          };
  }

  return {
    hooks,

    /** The answer to a call about webhooks; undefined for other calls. */
    async answer(call: ReceivedCall): Promise<ReceiverAnswer | undefined> {
      const [, name, id, pings] =
        /^\/repos\/([^/]+\/[^/]+)\/hooks(?:\/(\d+))?(\/pings)?(?:\?.*)?$/.exec(call.path) ?? [];
      if (name === undefined) return undefined;
      if (call.headers["authorization"] !== `Bearer ${token}` || name !== repository) {
        return refused(404, "Not Found");
      }
      const hook = hooks.find((one) => String(one.id) === id);
      if (id !== undefined && !hook) return refused(404, "Not Found");
      if (call.method === "GET") return { status: 200, body: hook ?? hooks };
      if (call.method === "POST" && pings !== undefined && hook) {
        await ping(hook);
        return { status: 204 };
      }
      const body = JSON.parse(call.body) as Pick<PlayedHook, "active" | "events" | "config">;
      const { config } = body;
      if (hook && call.method === "PATCH") {
        Object.assign(hook, body);
        return { status: 200, body: hook };
      }
      if (hooks.some((one) => one.config.url === config.url)) {
        return refused(422, "Validation Failed", "Hook already exists on this repository");
      }
      const last_response = { code: null, status: "unused", message: null };
      const made = { id: hooks.length + 1, ...body, last_response };
      hooks.push(made);
      await ping(made);
      return { status: 201, body: made };
    },
  };
}

function refused(status: number, message: string, why?: string): ReceiverAnswer {
  const errors = why === undefined ? {} : { errors: [{ resource: "Hook", message: why }] };
  return {
    status,
    body: { message, ...errors, documentation_url: "https://docs.github.com/rest" },
  };
}
