import { describe } from "../../http/openapi/describe.ts";

const refusals = [
  "block_not_found",
  "block_unpublished",
  "block_revoked",
  "key_revoked",
  "block_expired",
  "input_invalid",
  "origin_refused",
  "rate_limited",
] as const;

/** The calls among the pages of blocks: for programs and terminals. */
export const blockDocs = {
  print: describe({
    tag: "Blocks",
    summary: "Run a published block and print its output",
    description:
      "With `Accept: text/plain`, or by curl, wget or HTTPie: the output as it comes, with colours and no other control sequences, and a last line that says how it ended. Each other parameter of the query sets an input: `?n=5`. Browsers, crawlers and makers of previews get the block's page, which starts nothing.",
    query: { raw: "1: the output byte by byte, control sequences included." },
    answers: { 200: ["The output, or the page.", undefined, "text/plain"] },
    errors: [...refusals],
  }),
  artifact: describe({
    tag: "Blocks",
    summary: "Find a file that a published block makes",
    description:
      "Runs the block, unless a stored result answers (`cache_s`), and redirects to the file. A program waits up to 50 s, and is then redirected to the same address with the run's id; a browser gets a page that waits. Each other parameter of the query sets an input. HEAD, crawlers and prefetching browsers never start a run.",
    parameters: { artifact: "The file's path below `artifacts/`." },
    query: { _run: "The id of a run that was started already." },
    answers: { 303: ["To the file, or to the same address while the run goes on."] },
    errors: [...refusals, "file_not_found", "run_not_found", "run_not_finished", "run_unasked"],
  }),
};
