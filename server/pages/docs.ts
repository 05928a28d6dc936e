import { html } from "hono/html";
import { DEFERRED } from "./command-line.ts";
import { ERRORS } from "../../protocol/errors.ts";
import { REASONS } from "../../protocol/reasons.ts";
import type { Html } from "./layout.ts";
import {
  type Call,
  callsByTag,
  type OpenApi,
  parseOpenApi,
  resolved,
  type Schema,
  typeWords,
} from "./openapi.ts";

/** The API's page, made from the OpenAPI document, so that it always matches the server. */
export function apiPage(source: unknown, serverUrl: string): Html {
  const document = parseOpenApi(source);
  const groups = [...callsByTag(document)];
  return html`<h1>HTTP API</h1>
    <p class="lead">
      ${document.info?.description ?? "Everything this server does, it does through these calls."}
      The same as a document for programs: <a href="/openapi.json">openapi.json</a>.
    </p>
    <nav class="contents" aria-label="On this page">
      <ul>
        <li><a href="#start">From a terminal</a></li>
        ${groups.map(([tag]) => html`<li><a href="#${slug(tag)}">${tag}</a></li>`)}
        <li><a href="#errors">Errors</a></li>
        <li><a href="#reasons">Reasons</a></li>
      </ul>
    </nav>
    ${terminal(serverUrl)} ${groups.map(([tag, calls]) => group(tag, calls, document))} ${errors()}
    ${reasons()}`;
}

function terminal(serverUrl: string): Html {
  const post = `${DEFERRED} sign hello.py --format json |
  curl -sN ${serverUrl}/v1/runs -d @- \\
    -H 'Content-Type: application/json'`;
  return html`<section aria-labelledby="start">
    <h2 id="start">From a terminal</h2>
    <p>Sign a program and ask for a run of it. The answer names the run and its addresses.</p>
    <pre tabindex="0">${post}</pre>
    <p>Ask for text, and the answer is the program’s output as it comes.</p>
    <pre tabindex="0">${`${post} \\\n    -H 'Accept: text/plain'`}</pre>
    <p>Follow any run by its id, and read its result once it has ended.</p>
    <pre tabindex="0">
${`curl -sN ${serverUrl}/v1/runs/ID/events\ncurl -sL ${serverUrl}/v1/runs/ID/result`}</pre>
  </section>`;
}

function group(tag: string, calls: Call[], document: OpenApi): Html {
  const description = document.tags?.find(({ name }) => name === tag)?.description;
  return html`<section aria-labelledby="${slug(tag)}">
    <h2 id="${slug(tag)}">${tag}</h2>
    ${description ? html`<p>${inline(description)}</p>` : ""}
    ${calls.map((call) => oneCall(call, document))}
  </section>`;
}

function oneCall({ method, path, operation }: Call, document: OpenApi): Html {
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const parameters = (operation.parameters ?? []).filter(({ name }) => name !== undefined);
  return html`<article class="call">
    <h3>
      <code><b>${method}</b> ${breakable(path)}</code>
    </h3>
    ${operation.summary ? html`<p class="summary">${inline(operation.summary)}</p>` : ""}
    ${
      operation.description && operation.description !== operation.summary
        ? html`<p>${inline(operation.description)}</p>`
        : ""
    }
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
              ${inline(response.description ?? "")} ${type ? html`<small>${type}</small>` : ""}
              ${content?.schema && type !== PROBLEM ? answer(content.schema, document) : ""}
            </td>
          </tr>`;
        })}
      </tbody>
    </table>
  </article>`;
}

/** Described once, in the section on errors. */
const PROBLEM = "application/problem+json";

function answer(schema: Schema, document: OpenApi): Html | "" {
  const { properties } = resolved(schema, document);
  if (!properties) return "";
  return html`<details>
    <summary>Fields</summary>
    ${schemaTable("", schema, document)}
  </details>`;
}

function schemaTable(caption: string, schema: Schema, document: OpenApi): Html {
  const { properties, required = [] } = resolved(schema, document);
  if (!properties) return html`<p>${caption}: <code>${typeWords(schema)}</code></p>`;
  return fields(
    caption,
    Object.entries(properties).map(([name, property]) => ({
      name,
      type: typeWords(property),
      required: required.includes(name),
      description: property.description,
    })),
  );
}

interface Field {
  name: string;
  type: string;
  required: boolean;
  description: string | undefined;
}

function fields(caption: string, rows: Field[]): Html {
  return html`<table>
    ${
      caption
        ? html`<caption>
            ${caption}
          </caption>`
        : ""
    }
    <tbody>
      ${rows.map(
        ({ name, type, required, description }) =>
          html`<tr>
            <th scope="row">
              <code>${name}</code>${required ? "" : html` <small>optional</small>`}
            </th>
            <td><code class="type">${type}</code> ${inline(description ?? "")}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function errors(): Html {
  return html`<section aria-labelledby="errors">
    <h2 id="errors">Errors</h2>
    <p>
      Every error is a problem document (RFC 9457) with one of these codes. A code keeps its
      meaning;
      <code>detail</code> adds the facts of the case.
    </p>
    <table class="wide">
      <thead>
        <tr>
          <th scope="col">Code</th>
          <th scope="col">Status</th>
          <th scope="col">What to do</th>
        </tr>
      </thead>
      <tbody>
        ${Object.entries(ERRORS).map(
          ([code, [status, sentence]]) =>
            html`<tr id="${code}">
              <th scope="row"><code>${code}</code></th>
              <td>${status}</td>
              <td>${sentence}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function reasons(): Html {
  return html`<section aria-labelledby="reasons">
    <h2 id="reasons">Reasons</h2>
    <p>Why an attempt was lost, or a run ended without an exit of its own.</p>
    <table class="wide">
      <thead>
        <tr>
          <th scope="col">Code</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        ${Object.entries(REASONS).map(
          ([code, sentence]) =>
            html`<tr>
              <th scope="row"><code>${code}</code></th>
              <td>${sentence}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

/** Renders Markdown's code and links; an error's code links to its sentence. */
function inline(text: string): Html {
  const parts = text.split("`").map((part, index) => {
    if (index % 2 === 0) return withLinks(part);
    const code = html`<code>${part}</code>`;
    return part in ERRORS ? html`<a href="#${part}">${code}</a>` : code;
  });
  return html`${parts}`;
}

function withLinks(text: string): Html {
  const parts = text.split(/\[([^\]]+)\]\((https:[^\s)]+)\)/);
  return html`${parts.map((part, index) => {
    if (index % 3 === 0) return part;
    return index % 3 === 1 ? html`<a href="${parts[index + 1]!}">${part}</a>` : "";
  })}`;
}

/** A long path may break after its slashes. */
function breakable(path: string): Html {
  return html`${path.split("/").map((part, index) => (index === 0 ? part : html`/<wbr />${part}`))}`;
}

function slug(tag: string): string {
  return `tag-${tag.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
}
