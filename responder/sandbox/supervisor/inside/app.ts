import { request as httpRequest, type IncomingMessage } from "node:http";
import type { AppAnswer, OperationOf } from "../messages.ts";
import { LOOPBACK } from "./ports.ts";

const MAX_ANSWER_BYTES = 8 * 2 ** 20;

/** Sends one HTTP request to an app in the sandbox. */
export function requestApp({
  port,
  method,
  path,
  headers,
  body,
  timeout_ms,
}: OperationOf<"request">): Promise<AppAnswer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: LOOPBACK, port, method, path, headers, agent: false });
    const timer = setTimeout(() => sent.destroy(new Error("there was no answer")), timeout_ms);
    sent.once("close", () => clearTimeout(timer));
    sent.once("error", reject);
    sent.once("response", (answer) => {
      const parts: Buffer[] = [];
      let length = 0;
      answer.on("data", (part: Buffer) => {
        parts.push(part);
        length += part.length;
        if (length > MAX_ANSWER_BYTES) sent.destroy(new Error("the answer is over 8 MiB"));
      });
      answer.once("end", () => resolve(toAnswer(answer, Buffer.concat(parts))));
      answer.once("error", reject);
    });
    sent.end(body === undefined ? undefined : Buffer.from(body, "base64"));
  });
}

function toAnswer(answer: IncomingMessage, body: Buffer): AppAnswer {
  const { rawHeaders, statusCode = 0, statusMessage = "" } = answer;
  const headers: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers.push([rawHeaders[at] ?? "", rawHeaders[at + 1] ?? ""]);
  }
  return { status: statusCode, reason: statusMessage, headers, body: body.toString("base64") };
}
