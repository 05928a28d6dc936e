import { url } from "../../system.ts";

/** A browser without scripts in which somebody is signed in. */
export function formClient(
  system: { app: { request(path: string, init: RequestInit): Response | Promise<Response> } },
  cookie: string,
) {
  const headers = { cookie, accept: "text/html" };
  return {
    async get(path: string): Promise<{ status: number; text: string; to: string | null }> {
      return read(await system.app.request(path, { headers }));
    },

    /** Sends a form from a page of this server. */
    async post(path: string, fields: Record<string, string | string[]> = {}) {
      const body = new URLSearchParams(
        Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
      );
      const sent = {
        ...headers,
        "content-type": "application/x-www-form-urlencoded",
        "sec-fetch-site": "same-origin",
        origin: url,
      };
      const init = { method: "POST", headers: sent, body: body.toString() };
      return read(await system.app.request(path, init));
    },
  };
}

async function read(response: Response) {
  const { status } = response;
  return { status, text: await response.text(), to: response.headers.get("location") };
}
