// Plays a server inside the page: the elements are real, and `fetch` answers from the scenes.

/** @typedef {import("./scene.ts").Scene} Scene */
/** @typedef {import("./scene.ts").PlayedEvent} PlayedEvent */
/** @typedef {{ scene: Scene, log: string[], listeners: Set<(line: string) => void> }} PlayedRun */

/** Answers calls of the API below `url` as its scenes say: of all servers `url/NAME`, which share their runs. */
export class PlayedServer {
  /** @type {string} */ url;
  /** @type {string} */ #files;
  /** @type {Map<string, Scene>} */ #scenes;
  /** @type {Map<string, PlayedRun>} */ #runs = new Map();

  /** @param {{ url: string, files: string, scenes: readonly Scene[] }} options */
  constructor({ url, files, scenes }) {
    this.url = url;
    this.#files = files;
    this.#scenes = new Map(scenes.map((scene) => [scene.id, scene]));
  }

  /**
   * @param {Request} request below `url`
   * @returns {Promise<Response>}
   */
  async answer(request) {
    const { pathname, searchParams } = new URL(request.url);
    const path = pathname.slice(new URL(this.url).pathname.length).replace(/^\/[^/]+/, "");
    if (request.method === "POST") return this.#accept(request);
    if (path === "/v1/events") {
      return this.#stream(searchParams.get("runs") ?? "", request.signal);
    }
    // The scene without an answer probes whether the server is there at all.
    if (path === "/healthz") throw new TypeError("The played server can’t be reached.");
    const [, kind, name = ""] = /^\/(v1\/runs|results)\/([^/]+)$/.exec(path) ?? [];
    const run = this.#runs.get(name);
    if (kind === "results") return this.#result(name);
    if (!run) return json({ code: "run_not_found", title: "There is no such run." }, 404);
    if (request.method === "DELETE") this.#cancel(name, run);
    return json(this.#view(name, run));
  }

  /** @param {Request} request */
  async #accept(request) {
    const { block } = /** @type {{ block: string }} */ (await request.json());
    const scene = this.#scenes.get(String(claimsOf(block)["jti"]));
    if (!scene)
      return json({ code: "block_unknown", title: "The gallery has no such block." }, 404);
    const { status, headers, body } = scene.answer ?? { status: 202 };
    if (status === 0) throw new TypeError("The played server can’t be reached.");
    if (status !== 202) return json(body ?? {}, status, headers);
    /** @type {PlayedRun} */
    const run = { scene, log: [], listeners: new Set() };
    const id = `${scene.id}-${this.#runs.size}`;
    this.#runs.set(id, run);
    for (const event of scene.events ?? []) {
      const { afterS, ...told } = event;
      const line = this.#filled({ ...told, at: "{now-0}" });
      if (afterS === undefined) this.#emit(id, run, line);
      else setTimeout(() => this.#emit(id, run, line), afterS * 1000);
    }
    const stored = this.#filled(body ?? {});
    // A stored result of the same id is this run's own.
    if (stored["stored"]?.id === "stored") stored["stored"].id = id;
    return json({ ...this.#view(id, run), cancel_token: "played", ...stored }, 202);
  }

  /** @param {string} id @param {PlayedRun} run @param {object} event */
  #emit(id, { log, listeners }, event) {
    if (log.at(-1)?.includes('"type":"ended"')) return;
    log.push(JSON.stringify({ ...event, run: id, id: log.length + 1 }));
    for (const listener of listeners) listener(/** @type {string} */ (log.at(-1)));
  }

  /** @param {string} id @param {PlayedRun} run */
  #cancel(id, run) {
    const ended = {
      ...{ type: "ended", state: "canceled", reason: null, exit_code: null, signal: null },
      ...{ truncated: { stdout: 0, stderr: 0, artifacts: 0 }, artifacts: [], attempt: 1 },
      ...{ times: { queued: "{now-0}", ended: "{now-0}" }, result_url: "{files}/result.json" },
    };
    this.#emit(id, run, this.#filled({ ...ended, at: "{now-0}" }));
  }

  /** @param {string} id @param {PlayedRun} run */
  #view(id, { scene, log }) {
    return {
      ...{ id, state: "queued", last_event: log.length, position: scene.position },
      run_url: `${this.url}/${scene.id}/v1/runs/${id}`,
      events_url: `${this.url}/${scene.id}/v1/runs/${id}/events`,
      result_url: `${this.#files}/result.json`,
    };
  }

  /** @param {string} name */
  #result(name) {
    const found = [...this.#scenes.values()].find(({ results }) => results?.[name]);
    if (!found) return json({ code: "file_not_found", title: "There is no such result." }, 404);
    const ending = { state: "succeeded", reason: null, exit_code: 0, signal: null, attempt: 1 };
    const none = { truncated: { stdout: 0, stderr: 0, artifacts: 0 }, artifacts: [], stderr: "" };
    const times = { queued: "{now-5400}", ended: "{now-5400}", ran_s: 0.4 };
    return json(this.#filled({ id: name, ...ending, ...none, times, ...found.results?.[name] }));
  }

  /** Follows runs as `id:after,id:after` names them, until the caller leaves.
   * @param {string} names @param {AbortSignal} signal */
  #stream(names, signal) {
    const bytes = new TextEncoder();
    /** @type {ReadableStream<Uint8Array>} */
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(bytes.encode(":\n\n"));
        for (const [id = "", after] of names.split(",").map((name) => name.split(":"))) {
          const run = this.#runs.get(id);
          if (!run) continue;
          /** @param {string} line */
          const send = (line) => controller.enqueue(bytes.encode(`data: ${line}\n\n`));
          run.log.slice(Number(after)).forEach(send);
          run.listeners.add(send);
          signal.addEventListener("abort", () => run.listeners.delete(send));
        }
        signal.addEventListener("abort", () => controller.error(signal.reason));
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  /** Fills the moments and addresses that scenes leave open.
   * @template T @param {T} value @returns {T & Record<string, any>} */
  #filled(value) {
    const text = JSON.stringify(value)
      .replaceAll("{server}", `${this.url}/stored`)
      .replaceAll("{files}", this.#files)
      .replaceAll(/\{now([+-]\d+)\}/g, (_, seconds) =>
        new Date(Date.now() + Number(seconds) * 1000).toISOString(),
      );
    return JSON.parse(text);
  }
}

/** @param {unknown} body @param {number} [status] @param {Record<string, string>} [headers] */
function json(body, status = 200, headers = {}) {
  return Response.json(body, { status, headers });
}

/** @param {string} token @returns {Record<string, unknown>} */
function claimsOf(token) {
  const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(
    new TextDecoder().decode(Uint8Array.from(atob(payload), (c) => c.charCodeAt(0))),
  );
}
