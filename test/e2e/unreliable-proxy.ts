import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { AtEnd } from "../systems/process.ts";

export interface UnreliableProxy {
  url: string;
  /** Breaks every connection that is open. */
  cut: () => void;
  /** So many of the next requests are answered 502. */
  refuse: (requests: number) => void;
  /** What is open stays open, and nothing more comes of it. */
  stall: () => void;
  /** Nothing that is asked of runs is answered, as long as that is so. */
  mute: (muted: boolean) => void;
  /** The server gets the next POST; its answer is lost. */
  loseAnswer: () => void;
  /** The server gets each POST; its answer does not come, as long as that is so. */
  holdAnswers: (held: boolean) => void;
  /** What the server answered to each POST, lost or not. */
  posts: string[];
}

/** Between a page and the server at `target`, as bad as networks get. */
export async function unreliableProxy(target: string, atEnd: AtEnd): Promise<UnreliableProxy> {
  const open = new Set<{ from: IncomingMessage; to: ServerResponse }>();
  const posts: string[] = [];
  let refused = 0;
  let losing = false;
  let muted = false;
  let holding = false;
  const server = createServer((incoming, outgoing) => {
    if (refused > 0) {
      refused--;
      incoming.resume();
      outgoing.writeHead(502).end();
      return;
    }
    const headers = { ...incoming.headers, host: new URL(target).host };
    const { method } = incoming;
    if (muted && method === "GET" && incoming.url!.startsWith("/v1/")) return;
    const lost = losing && method === "POST";
    if (lost) losing = false;
    const passed = request(new URL(incoming.url!, target), { method, headers }, (answer) => {
      if (method === "POST") void passPost(answer, outgoing, lost);
      else passOn(answer, outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    outgoing.on("close", () => passed.destroy());
    incoming.pipe(passed);
  });

  function passOn(answer: IncomingMessage, outgoing: ServerResponse): void {
    const one = { from: answer, to: outgoing };
    open.add(one);
    outgoing.on("close", () => open.delete(one));
    answer.on("error", () => outgoing.destroy());
    outgoing.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(outgoing);
  }

  async function passPost(answer: IncomingMessage, outgoing: ServerResponse, lost: boolean) {
    let body = "";
    for await (const chunk of answer.setEncoding("utf8")) body += String(chunk);
    posts.push(body);
    if (lost) outgoing.destroy();
    else if (!holding) outgoing.writeHead(answer.statusCode!, answer.headers).end(body);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    cut: () => open.forEach(({ to }) => to.destroy()),
    refuse: (requests) => (refused = requests),
    stall: () => open.forEach(({ from, to }) => from.unpipe(to)),
    mute: (on) => (muted = on),
    loseAnswer: () => (losing = true),
    holdAnswers: (held) => (holding = held),
  };
}
