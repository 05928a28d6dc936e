import type { ErrorCode } from "yaml";

const QUOTE = "put a text with : or # or quotes into quotes";

/** Sentences for YAML errors: the library's own are for programmers. */
const SENTENCES: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: "* begins an alias, which takes no & before it; put the text into quotes",
  BAD_ALIAS: "* begins an alias, and nothing has its name; put the text into quotes",
  BAD_DIRECTIVE: "% begins a directive; leave it out",
  BAD_DQ_ESCAPE: "\\ begins an escape that there is not; put the text into single quotes",
  BAD_INDENT:
    "the line is indented otherwise than its neighbours, or a bracket is missing; indent entries alike, by blanks",
  BAD_PROP_ORDER: "& names what comes after it in its line; put the text into quotes",
  BAD_SCALAR_START: "a text can't begin so; put it into quotes",
  BLOCK_AS_IMPLICIT_KEY: `the line does not go with those before it; ${QUOTE}, and indent lists alike`,
  BLOCK_IN_FLOW: "a list by lines can't be between [ ] or { }; write all of it the same way",
  DUPLICATE_KEY: "a key is there twice; write each key once",
  IMPOSSIBLE: `the line can't be read; ${QUOTE}`,
  KEY_OVER_1024_CHARS: `a key is over 1,024 characters; ${QUOTE}`,
  MISSING_CHAR: "a quote, a bracket or a comma is missing; write it, or put the text into quotes",
  MULTILINE_IMPLICIT_KEY: `a key goes over several lines; ${QUOTE}`,
  MULTIPLE_ANCHORS: "& is there twice; put the text into quotes",
  MULTIPLE_DOCS: "a second document begins; write one",
  MULTIPLE_TAGS: "! is there twice; put the text into quotes",
  NON_STRING_KEY: `a key is no text; ${QUOTE}`,
  RESOURCE_EXHAUSTION: "lists and maps nest too deep; write fewer levels",
  TAB_AS_INDENT: "a tab indents the line; indent by blanks",
  TAG_RESOLVE_FAILED: "! begins a tag; put the text into quotes",
  UNEXPECTED_TOKEN: `something goes on where the value ended; ${QUOTE}`,
  BAD_COLLECTION_TYPE: "! begins a tag; leave it out",
};

export function explainYaml(code: ErrorCode): string {
  return `this is not YAML: ${SENTENCES[code]}`;
}
