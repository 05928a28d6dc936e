/** Size limits of messages, in bytes of UTF-8. Both sides check them. */
export const MAX_CODE_BYTES = 256 * 1024;
export const MAX_TOKEN_BYTES = 16 * 1024;
export const MAX_INPUT_BYTES = 8 * 1024;
export const MAX_INPUTS_BYTES = 32 * 1024;
/** Most files of a block, and most bytes of all that come with a request. */
export const MAX_FILES = 50;
export const MAX_FILES_BYTES = 256 * 1024;
/** Most bytes of one file that the server stores for a published block, and of all of a block's. */
export const MAX_STORED_FILE_BYTES = 10_000_000;
export const MAX_STORED_FILES_BYTES = 50_000_000;
/** Most bytes of all files that the server stores for a project's blocks. */
export const MAX_PROJECT_FILES_BYTES = 1_000_000_000;
/** Most codes that a block builds on. */
export const MAX_PARTS = 20;
/** JSON escapes can make a body six times as long as the code in it, base64 makes files a third longer. */
export const MAX_RUN_BODY_BYTES =
  6 * MAX_CODE_BYTES + MAX_TOKEN_BYTES + 6 * MAX_INPUTS_BYTES + 1.4 * MAX_FILES_BYTES;
/** One batch of output from a responder. */
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** Most pieces of output and step events in one batch: each is an event of the run's log. */
export const MAX_BATCH_CHUNKS = 4096;
/** Runs that one `/v1/events` connection may follow. */
export const MAX_FOLLOWED_RUNS = 64;
/** Blocks whose stored results one `/v1/results` call may ask for: each costs a signature check. */
export const MAX_RESULT_BLOCKS = 16;
/** Tokens that one `/v1/blocks/checks` call may hold. */
export const MAX_CHECKED_BLOCKS = 64;
export const MAX_ARTIFACTS = 100;
/** Output past its limit is kept as an artifact up to this size: whole, or its beginning. */
export const MAX_OUTPUT_FILE_BYTES = 10_000_000;
/** Most UTF-16 units of all commit messages in a checkout's report. */
export const MAX_MESSAGES = 200_000;
/**
 * Most bytes of a checkout's report: messages and names at their longest, each character escaped in JSON.
 */
export const MAX_CHECKOUT_BYTES = 6 * (MAX_MESSAGES + 400 * 1_100);
/** Most commits that a request may name for one run. */
export const MAX_NAMED_COMMITS = 100;
/** Most cache folders of one run. */
export const MAX_CACHES = 20;
/** Names of secrets that a checkout reports. */
export const MAX_SECRETS = 200;
/** Most compressed bytes of one cache folder. */
export const MAX_CACHE_BYTES = 1024 * 1024 * 1024;
