import type { Call } from "./openapi.ts";

export const docsPaths = {
  docs: "/docs",
  search: "/docs/search",
  api: "/docs/api",
  codes: "/docs/api/errors",
  guide: (path: string) => `/docs/${path}`,
  tag: (tag: string) => `/docs/api/${wordsAsId(tag)}`,
  call: (tag: string, call: Call) => `/docs/api/${wordsAsId(tag)}#${callId(call)}`,
};

/** Of a call, on its tag's page. */
export function callId({ method, path }: Call): string {
  return wordsAsId(`${method} ${path}`);
}

export function errorAddress(code: string): string {
  return `${docsPaths.codes}#${code}`;
}

function wordsAsId(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}
