/**
 * How `npm run example -- blog` builds the blog in a clone of Deferred Runner. Remove this file from a copy.
 *
 * @param {import("../../setup/example.ts").ExampleBuild} about
 */
export default async function build({ run }) {
  // Builds the pages, runs each block once, and builds again: with the outputs, which the feed has too.
  await run("eleventy");
  await run("deferred", "sign", "site", "_site", "--record");
  await run("eleventy");
}
