import type { Hono } from "hono";
import type { PrivateJwk } from "../../blocks/keys.ts";
import type { AccountsPart } from "../accounts/index.ts";
import type { CommandsPart } from "../commands/index.ts";
import type { Removals } from "../commands/removals.ts";
import type { FindGistFile } from "../gists/found-file.ts";
import type { HooksPart } from "../hooks/index.ts";
import type { CallerLimits } from "../http/limits/callers.ts";
import type { NotFoundPage } from "../http/problem.ts";
import type { Notices } from "../notices/notices.ts";
import type { BlockFiles } from "../projects/blocks/files.ts";
import { createBlockPublishing } from "../projects/blocks/publishing.ts";
import type { Projects } from "../projects/projects.ts";
import type { RunsPart } from "../runs/index.ts";
import type { StreamAdmission } from "../runs/stream.ts";
import { accountPages } from "./account/routes.ts";
import { blockAssets } from "./blocks/assets.ts";
import { gistPages } from "./blocks/gists.ts";
import { createBlockImages } from "./blocks/image.ts";
import { createFindLastShown } from "./blocks/last-shown.ts";
import { oembedRoutes } from "./blocks/oembed.ts";
import { registeredBlockPages } from "./blocks/registered.ts";
import { blockRunPages } from "./blocks/runs/routes.ts";
import { createStartRun } from "./blocks/start-run.ts";
import { readGuides } from "./docs/guides.ts";
import { exampleSigner } from "./example-signer.ts";
import { loadExamples } from "./examples.ts";
import { pageHeaders } from "./headers.ts";
import { machinePages, type MachinePagesDeps } from "./machines/routes.ts";
import { notFoundPage } from "./not-found.ts";
import { operatorPages, type OperatorPagesDeps } from "./operator/routes.ts";
import { createPages } from "./pages.ts";
import { projectBlockPages } from "./projects/blocks/routes.ts";
import { auditPages } from "./people/audit-routes.ts";
import { userPages } from "./people/users-routes.ts";
import { peoplePages } from "./people/routes.ts";
import { projectPages } from "./projects/routes.ts";
import { signPages } from "./projects/sign/routes.ts";
import { readSignScript } from "./projects/sign/asset.ts";
import { createStart } from "./start/routes.ts";
import { sessionPages } from "./sign-in.ts";
import { keepWidgetScript, widgetRoutes } from "./widget-script.ts";

export interface PagesPartDeps {
  commands: Pick<CommandsPart, "commands" | "reading">;
  hooks: Pick<HooksPart, "deliveries" | "refusals" | "connectHook">;
  removals: Pick<Removals, "remove">;
  wakes: OperatorPagesDeps["wakes"];
  machines: MachinePagesDeps["machines"];
  accounts: AccountsPart;
  projects: Projects;
  blockFiles: BlockFiles;
  runs: RunsPart;
  notices: Notices;
  faults: OperatorPagesDeps["faults"];
  checks: OperatorPagesDeps["checks"];
  queue: OperatorPagesDeps["queue"];
  limits: OperatorPagesDeps["limits"];
  streamAdmission: StreamAdmission;
  callers: CallerLimits;
  findGistFile: FindGistFile;
  assets: {
    /** The element's built module. */
    widget: string;
    /** The folder of examples. */
    examples: string;
    /** The guides, as the build rendered them. */
    guides: string;
    /** Of the package. */
    version: string;
  };
  /** The folder that keeps every build of the element. */
  scriptsFolder: string;
  /** Signs the examples. */
  demoKey: PrivateJwk;
  openapi: () => unknown;
  url: string;
  resultsUrl: string;
  /** Master key: addresses of private badges and feeds hold keys derived from it. */
  secret: string;
  now: () => number;
}

export interface PagesPart {
  routes: Hono[];
  notFound: NotFoundPage;
}

/** All pages that people read in a browser. */
export async function createPagesPart(deps: PagesPartDeps): Promise<PagesPart> {
  const {
    accounts,
    projects,
    runs,
    streamAdmission,
    callers,
    assets,
    url,
    resultsUrl,
    secret,
    now,
  } = deps;
  const { version } = assets;
  const { access, invitations, logins } = accounts;
  const { currentUser } = access;
  const auditDeps = { audit: accounts.audit, access, version, now };
  const widget = await keepWidgetScript(assets.widget, version, deps.scriptsFolder);
  const examples = await loadExamples(assets.examples);
  const origins = [...new Set([url, resultsUrl].map((one) => new URL(one).origin))];
  const blockDeps = {
    projects,
    runs,
    streamAdmission,
    startRun: createStartRun({ runs: runs.runs, callers, url }),
    images: createBlockImages(),
    findLastShown: createFindLastShown(runs.runs),
    callers,
    headers: pageHeaders({ origins }),
    origins,
    script: "/deferred-runner.js",
    currentUser,
    url,
    version,
    now,
  };
  const publishing = createBlockPublishing({ projects, blockFiles: deps.blockFiles, url, now });
  const signScript = await readSignScript(assets.widget);
  const registeredBlocks = registeredBlockPages(blockDeps);
  const gists = gistPages({ ...blockDeps, findGistFile: deps.findGistFile });
  return {
    routes: [
      accounts.routes(sessionPages(version)),
      accountPages({ ...accounts, callers, url, version, now }),
      operatorPages({
        faults: deps.faults,
        wakes: deps.wakes,
        views: deps.machines.views,
        checks: deps.checks,
        queue: deps.queue,
        limits: deps.limits,
        runPages: deps.commands.reading.runPages,
        access: accounts.access,
        currentUser,
        version,
        now,
      }),
      machinePages({
        machines: deps.machines,
        projects: async () => (await projects.list()).map(({ slug }) => slug),
        runPages: deps.commands.reading.runPages,
        access: accounts.access,
        currentUser,
        version,
        now,
      }),
      blockRunPages({ ...blockDeps, blocks: projects.blocks, access: accounts.access }),
      projectBlockPages({
        ...blockDeps,
        publishing,
        reading: deps.commands.reading,
        lastResults: runs.runs.lastResults,
        access: accounts.access,
      }),
      signPages({ ...blockDeps, publishing, access: accounts.access, signScript }),
      auditPages(auditDeps),
      userPages({ leavers: accounts.leavers, access, version, now }),
      peoplePages({ access, invitations, logins, version, now }),
      projectPages({
        ...deps.commands,
        ...deps.hooks,
        runs: runs.runs,
        removals: deps.removals,
        machines: deps.machines,
        memberPages: {
          ...{ access, members: accounts.members, invitations, invite: accounts.invite },
          ...{ mails: accounts.people.mails.enabled, version, now },
        },
        auditPages: auditDeps,
        projects,
        access: accounts.access,
        notices: deps.notices,
        refusals: deps.hooks.refusals.list,
        following: runs.following,
        streamAdmission,
        secret,
        url,
        version,
        now,
      }),
      widgetRoutes(widget, deps.scriptsFolder),
      registeredBlocks.routes,
      gists.routes,
      oembedRoutes({ callers, kinds: [registeredBlocks.findAt, gists.findAt], url }),
      createPages({
        examples: exampleSigner({ examples, key: deps.demoKey, url }),
        files: [signScript, ...blockAssets, ...examples.flatMap(({ picture = [] }) => picture)],
        guides: () => readGuides(assets.guides),
        openapi: deps.openapi,
        serverUrl: url,
        origins,
        scriptUrl: `${url}/deferred-runner.js`,
        pinnedScript: { url: url + widget.pinned.path, integrity: widget.pinned.integrity },
        currentUser,
        start: createStart({ access: accounts.access, reading: deps.commands.reading, now }),
        version,
      }),
    ],
    notFound: async (c) => notFoundPage({ version, signedIn: await currentUser(c) }),
  };
}
