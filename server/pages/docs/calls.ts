import { html } from "hono/html";
import { DEFERRED } from "../command-line.ts";
import { copyable } from "../copyable.ts";
import type { Html } from "../layout.ts";
import { callId } from "./addresses.ts";
import { describedText } from "./described-text.ts";
import { callExamples } from "./call-examples.ts";
import { type Call, type OpenApi, resolved, type Schema, typeWords } from "./openapi.ts";
import { fields, schemaTable } from "./schema-fields.ts";

/** The calls of one tag of the OpenAPI document. */
export function tagPage(
  tag: string,
  calls: readonly Call[],
  document: OpenApi,
  serverUrl: string,
): Html {
  const description = document.tags?.find(({ name }) => name === tag)?.description;
  return html`<h1>${tag}</h1>
    <p class="lead">
      ${description ? describedText(description) : html`Calls of the <a href="/docs/api">HTTP API</a>.`}
    </p>
    ${tag === "Runs" ? terminal(serverUrl) : ""}
    ${calls.map((call) => oneCall(call, document, serverUrl))}`;
}

function terminal(serverUrl: string): Html {
  const post = `${DEFERRED} sign hello.py --format json |
  curl -sN ${serverUrl}/v1/runs -d @- \\
    -H 'Content-Type: application/json'`;
  return html`<section aria-labelledby="start">
    <h2 id="start">From a terminal</h2>
    <p>Sign a program and ask for a run of it. The answer names the run and its addresses.</p>
    ${copyable("post", post)}
    <p>Ask for text, and the answer is the program’s output as it comes.</p>
    ${copyable("text", `${post} \\\n    -H 'Accept: text/plain'`)}
    <p>Follow any run by its id, and read its result once it has ended.</p>
    ${copyable(
      "follow",
      `curl -sN ${serverUrl}/v1/runs/ID/events\ncurl -sL ${serverUrl}/v1/runs/ID/result`,
    )}
  </section>`;
}

function oneCall(call: Call, document: OpenApi, serverUrl: string): Html {
  const { method, path, operation } = call;
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const parameters = (operation.parameters ?? []).filter(({ name }) => name !== undefined);
  const id = callId(call);
  return html`<article class="call" aria-labelledby="${id}">
    <h2 id="${id}">
      <code><b>${method}</b> ${breakable(path)}</code>
      <a class="address" href="#${id}" aria-label="Address of ${method} ${path}">#</a>
    </h2>
    ${operation.summary ? html`<p class="summary">${describedText(operation.summary)}</p>` : ""}
    ${
      operation.description && operation.description !== operation.summary
        ? html`<p>${describedText(operation.description)}</p>`
        : ""
    }
    ${callExamples(call, serverUrl)}
    ${
      parameters.length > 0
        ? fields(
            "Parameters",
            parameters.map(({ name, in: place, required, description, schema }) => ({
              name: name!,
              type: `${schema ? typeWords(schema) : "string"}, in the ${place ?? "query"}`,
              required: required ?? false,
              description,
            })),
          )
        : ""
    }
    ${body ? schemaTable("Body", body, document) : ""}
    <table>
      <caption>
        Answers
      </caption>
      <tbody>
        ${Object.entries(operation.responses ?? {}).map(([status, response]) => {
          const [type, content] = Object.entries(response.content ?? {})[0] ?? [];
          return html`<tr>
            <th scope="row">${status}</th>
            <td>
              ${describedText(response.description ?? "")}
              ${type ? html`<small>${type}</small>` : ""}
              ${content?.schema && type !== PROBLEM ? answer(content.schema, document) : ""}
            </td>
          </tr>`;
        })}
      </tbody>
    </table>
  </article>`;
}

/** Described once, on the page of errors. */
const PROBLEM = "application/problem+json";

function answer(schema: Schema, document: OpenApi): Html | "" {
  const { properties } = resolved(schema, document);
  if (!properties) return "";
  return html`<details>
    <summary>Fields</summary>
    ${schemaTable("", schema, document)}
  </details>`;
}

/** A long path may break after its slashes. */
function breakable(path: string): Html {
  return html`${path.split("/").map((part, index) => (index === 0 ? part : html`/<wbr />${part}`))}`;
}
