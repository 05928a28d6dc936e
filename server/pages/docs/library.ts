import { ERRORS } from "../../../protocol/errors.ts";
import { REASONS } from "../../../protocol/reasons.ts";
import { docsPaths, errorAddress } from "./addresses.ts";
import type { Guide, Guides } from "./guides.ts";
import { type Call, callsByTag, type OpenApi, parseOpenApi } from "./openapi.ts";
import { createSearch, type SearchAnswer, type SearchEntry } from "./search.ts";

/** All that the pages below `/docs` show, made once a server. */
export interface Library {
  groups: Guides;
  guides: ReadonlyMap<string, Guide>;
  document: OpenApi;
  tags: ReadonlyMap<string, Call[]>;
  search: (query: string) => SearchAnswer;
}

export function makeLibrary(guides: Guides, openapi: unknown): Library {
  const document = parseOpenApi(openapi);
  const groups = guides.filter((group) => group.guides.length > 0);
  const tags = new Map([...callsByTag(document)].filter(([, calls]) => calls.length > 0));
  const all = groups.flatMap((group) => group.guides);
  return {
    groups,
    guides: new Map(all.map((guide) => [guide.path, guide])),
    document,
    tags,
    search: createSearch([...all.flatMap(placesOf), ...[...tags].flatMap(callPlaces), ...codes()]),
  };
}

function placesOf({ path, title, sections }: Guide): SearchEntry[] {
  return sections
    .filter(({ heading, text }) => heading !== "" || text !== "")
    .map(({ id, heading, text }) => ({
      href: docsPaths.guide(path) + (id && `#${id}`),
      page: title,
      ...{ heading, text },
    }));
}

function callPlaces([tag, calls]: [string, Call[]]): SearchEntry[] {
  return calls.map((call) => {
    const { summary = "", description = "", parameters = [] } = call.operation;
    const names = parameters.map(
      ({ name, description: words }) => `${name}${words ? `: ${words}` : ""}`,
    );
    return {
      href: docsPaths.call(tag, call),
      page: `HTTP API: ${tag}`,
      heading: `${call.method} ${call.path}`,
      text: [summary, ...(description === summary ? [] : [description]), ...names]
        .map((part) => part.replace(/\.$/, ""))
        .filter((part) => part !== "")
        .join(". ")
        .replaceAll("`", "")
        .replaceAll(/\s+/g, " "),
    };
  });
}

function codes(): SearchEntry[] {
  const sentences: [string, string][] = [
    ...Object.entries(ERRORS).map(([code, [status, sentence]]): [string, string] => [
      code,
      `${status}: ${sentence}`,
    ]),
    ...Object.entries(REASONS),
  ];
  return sentences.map(([code, text]) => ({
    href: errorAddress(code),
    page: "Errors and reasons",
    heading: code,
    text,
  }));
}
