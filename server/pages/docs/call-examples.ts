import { html } from "hono/html";
import type { Html } from "../layout.ts";
import { copyButton } from "../copyable.ts";
import { callId } from "./addresses.ts";
import type { Call, Operation } from "./openapi.ts";

/** A request and its answer, where the document has them. */
export function callExamples(call: Call, serverUrl: string): Html | "" {
  const { method, path, operation } = call;
  const request = requestExample(call, serverUrl);
  const [status, answer] =
    Object.entries(operation.responses ?? {})
      .map(([code, { content }]) => [code, exampleIn(content)] as const)
      .find(([, example]) => example !== undefined) ?? [];
  const id = `example-${callId(call)}`;
  return html`${
    request === undefined
      ? ""
      : html`<div class="command">
          <pre tabindex="0" id="${id}">${request}</pre>
          ${copyButton(id, `Copy the request ${method} ${path}`)}
        </div>`
  }
  ${
    answer === undefined
      ? ""
      : html`<details>
          <summary>Answer ${status}</summary>
          <pre tabindex="0">${shown(answer)}</pre>
        </details>`
  }`;
}

/** A command for curl; undefined where the document has values neither for the body nor for the path. */
function requestExample({ method, path, operation }: Call, serverUrl: string): string | undefined {
  const body = exampleIn(operation.requestBody?.content);
  const address = serverUrl + filledIn(path, operation);
  if (body === undefined && address.includes("{")) return undefined;
  const flags = [
    ...(method === "GET" ? [] : [`-X ${method}`]),
    ...(isStream(operation) ? ["-N"] : []),
    ...(leadsOn(operation) ? ["-L"] : []),
  ];
  return [
    ["curl", ...flags, /[?&]/.test(address) ? `'${address}'` : address].join(" "),
    ...(operation.security?.length ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...(body === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d '${shown(body).replaceAll("'", "'\\''")}'`]),
  ].join(" \\\n  ");
}

function filledIn(path: string, { parameters = [] }: Operation): string {
  const valueOf = (place: string, name: string): string | undefined => {
    const found = parameters.find((one) => one.in === place && one.name === name);
    return typeof found?.example === "string" ? found.example : undefined;
  };
  const filled = path.replaceAll(
    /\{(\w+)\}/g,
    (whole, name: string) => valueOf("path", name) ?? whole,
  );
  const query = new URLSearchParams(
    parameters.flatMap(({ name = "" }) => {
      const value = valueOf("query", name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return query.size > 0 ? `${filled}?${query}` : filled;
}

function isStream({ responses = {} }: Operation): boolean {
  return Object.values(responses).some(({ content }) => content && "text/event-stream" in content);
}

/** Whether every answer but a refusal names another address. */
function leadsOn({ responses = {} }: Operation): boolean {
  const statuses = Object.keys(responses).filter((status) => Number(status) < 400);
  return statuses.length > 0 && statuses.every((status) => status.startsWith("3"));
}

function exampleIn(content: Record<string, { example?: unknown }> | undefined): unknown {
  return Object.values(content ?? {}).find(({ example }) => example !== undefined)?.example;
}

function shown(example: unknown): string {
  return typeof example === "string" ? example : JSON.stringify(example, null, 2);
}
