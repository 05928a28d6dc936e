import { describe } from "../../http/openapi/describe.ts";

/** The calls among the pages of blocks: for programs and terminals. */
export const blockDocs = {
  print: describe({
    tag: "Blocks",
    summary: "Run a published block and print its output",
    description:
      "With `Accept: text/plain`, or by curl, wget or HTTPie: the output as it comes, with colours and no other control sequences, and a last line that says how it ended. Each other parameter of the query sets an input: `?n=5`. Browsers, crawlers and makers of previews get the block's page, which starts nothing.",
    query: { raw: "1: the output byte by byte, control sequences included." },
    answers: { 200: ["The output, or the page.", undefined, "text/plain"] },
    errors: [
      "block_not_found",
      "block_unpublished",
      "block_revoked",
      "key_revoked",
      "block_expired",
      "input_invalid",
      "rate_limited",
    ],
  }),
};
