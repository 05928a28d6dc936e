// What plug-ins of site generators use.
export { openSite, type Site, type SiteOptions, type SitePage } from "./site.ts";
export { SiteError } from "./problem.ts";
export { wordsAfterRun } from "./mark-words.ts";
