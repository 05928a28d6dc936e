import { html } from "hono/html";
import type { Html } from "../layout.ts";
import { copyButton } from "../copyable.ts";
import { callId } from "./addresses.ts";
import type { Call } from "./openapi.ts";

/** A request and its answer, where the document has them. */
export function callExamples(call: Call, serverUrl: string): Html | "" {
  const { method, path, operation } = call;
  const body = exampleIn(operation.requestBody?.content);
  const [status, answer] =
    Object.entries(operation.responses ?? {})
      .map(([code, { content }]) => [code, exampleIn(content)] as const)
      .find(([, example]) => example !== undefined) ?? [];
  if (body === undefined && answer === undefined) return "";
  const request = [
    `curl ${method === "GET" ? "" : `-X ${method} `}${serverUrl}${path}`,
    ...(operation.security?.length ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...(body === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d '${shown(body).replaceAll("'", "'\\''")}'`]),
  ].join(" \\\n  ");
  const id = `example-${callId(call)}`;
  return html`<div class="command">
      <pre tabindex="0" id="${id}">${request}</pre>
      ${copyButton(id, `Copy the request ${method} ${path}`)}
    </div>
    ${
      answer === undefined
        ? ""
        : html`<details>
            <summary>Answer ${status}</summary>
            <pre tabindex="0">${shown(answer)}</pre>
          </details>`
    }`;
}

function exampleIn(content: Record<string, { example?: unknown }> | undefined): unknown {
  return Object.values(content ?? {}).find(({ example }) => example !== undefined)?.example;
}

function shown(example: unknown): string {
  return typeof example === "string" ? example : JSON.stringify(example, null, 2);
}
