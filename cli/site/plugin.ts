// What plug-ins of site generators use.
export { openSite, type SignedFence, type Site, type SiteOptions, type SitePage } from "./site.ts";
export type { SignedPage } from "./sign-page.ts";
export { SiteError, type SiteProblem } from "./problem.ts";
export type { SignedBlock } from "./prepare.ts";
