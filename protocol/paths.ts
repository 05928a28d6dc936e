import { projectFormPaths } from "./project-form-paths.ts";

/** Paths of the HTTP API, relative to the server's URL. */
export const paths = {
  runs: "/v1/runs",
  run: (id: string) => `/v1/runs/${id}`,
  runEvents: (id: string) => `/v1/runs/${id}/events`,
  /** The document that a block with `show` html or pdf leaves, for a frame. */
  runDocument: (id: string) => `/v1/runs/${id}/document`,
  runResult: (id: string) => `/v1/runs/${id}/result`,
  /** An artifact of a command run, for readers of the run. */
  runArtifact: (id: string, attempt: number, name: string) =>
    `/v1/runs/${id}/artifacts/${attempt}/${encodedName(name)}`,
  events: "/v1/events",
  /** Stored results of blocks, found without a run. */
  results: "/v1/results",
  /** A signed file of a gist; `id` may end in `@revision`. */
  gist: (user: string, id: string) => `/v1/gists/${user}/${id}`,
  /** Says of tokens whether the server would run them. */
  blockChecks: "/v1/blocks/checks",
  wake: "/v1/wake",
  /** Runtimes of the machines that run blocks. */
  runtimes: "/v1/runtimes",
  keys: (slug: string) => `/v1/projects/${slug}/keys`,
  key: (slug: string, kid: string) => `/v1/projects/${slug}/keys/${kid}`,
  /** The project's public keys that may sign, as a JWK set. */
  projectKeys: (slug: string) => `/v1/projects/${slug}/jwks.json`,
  revokedBlocks: (slug: string) => `/v1/projects/${slug}/revoked-blocks`,
  /** The project's registered blocks, newest first; a POST publishes one. */
  projectBlocks: (slug: string) => `/v1/projects/${slug}/blocks`,
  /** One of them; a PATCH publishes it or takes its page away. */
  projectBlock: (slug: string, id: string) => `/v1/projects/${slug}/blocks/${id}`,
  /** A POST signs uploads of a block's files, before the block is published. */
  blockFiles: (slug: string) => `/v1/projects/${slug}/block-files`,
  projects: "/v1/projects",
  project: (slug: string) => `/v1/projects/${slug}`,
  /** Removed projects that can be restored. */
  removedProjects: "/v1/removed-projects",
  restoreProject: (slug: string) => `/v1/removed-projects/${slug}/restore`,
  /** Names of the project's secrets, and PUT and DELETE of each. */
  secrets: (slug: string) => `/v1/projects/${slug}/secrets`,
  secret: (slug: string, name: string) => `/v1/projects/${slug}/secrets/${name}`,
  /** The project's runs, newest first; a POST starts a command or a request. */
  projectRuns: (slug: string) => `/v1/projects/${slug}/runs`,
  runAgain: (slug: string, id: string) => `/v1/projects/${slug}/runs/${id}/again`,
  commits: (slug: string) => `/v1/projects/${slug}/commits`,
  commit: (slug: string, sha: string) => `/v1/projects/${slug}/commits/${sha}`,
  deliveries: (slug: string) => `/v1/projects/${slug}/deliveries`,
  delivery: (slug: string, id: string) => `/v1/projects/${slug}/deliveries/${id}`,
  replay: (slug: string, id: string) => `/v1/projects/${slug}/deliveries/${id}/replay`,
  approveDelivery: (slug: string, id: string) => `/v1/projects/${slug}/deliveries/${id}/approve`,
  /** Webhooks that the project sends. */
  outgoingHooks: (slug: string) => `/v1/projects/${slug}/outgoing-hooks`,
  outgoingHook: (slug: string, id: string) => `/v1/projects/${slug}/outgoing-hooks/${id}`,
  /** Mails, commit statuses and webhooks, sent or waiting. */
  notices: (slug: string) => `/v1/projects/${slug}/notices`,
  projectWake: (slug: string) => `/v1/projects/${slug}/wake`,
  projectSleep: (slug: string) => `/v1/projects/${slug}/sleep`,
  /** Machines of all projects; a POST launches one. */
  machines: "/v1/machines",
  machine: (id: string) => `/v1/machines/${id}`,
  /** POST: `start`, `stop`, `end`, `assign` or `default`. */
  machineAction: (id: string, action: string) => `/v1/machines/${id}/${action}`,
  /** Settings of machines: the server's, or a project's. */
  machineSettings: (slug?: string) =>
    slug === undefined ? "/v1/machine-settings" : `/v1/projects/${slug}/machine-settings`,
  /** API tokens of projects; a POST with the owner's token makes one. */
  tokens: "/v1/tokens",
  token: (id: string) => `/v1/tokens/${id}`,
  /** Members of a project, and PUT and DELETE of each. */
  members: (slug: string) => `/v1/projects/${slug}/members`,
  member: (slug: string, user: string) => `/v1/projects/${slug}/members/${user}`,
  /** Open invitations to it; a POST makes one. */
  invitations: (slug: string) => `/v1/projects/${slug}/invitations`,
  invitation: (slug: string, id: string) => `/v1/projects/${slug}/invitations/${id}`,
  /** Sessions of browsers, and DELETE of each. */
  sessions: "/v1/sessions",
  session: (id: string) => `/v1/sessions/${id}`,
  users: "/v1/users",
  user: (id: string) => `/v1/users/${id}`,
  /** Whose token a call carries. */
  whoami: "/v1/whoami",
  /** A POST begins a login of a device (RFC 8628); POSTs to the second ask for its token. */
  deviceCode: "/v1/device/code",
  deviceToken: "/v1/device/token",
  /** Who changed what. */
  audit: "/v1/audit",
  /** A POST with the owner's token makes a one-time sign-in link. */
  signInLinks: "/v1/sign-in-links",
  /** A POST with the owner's token writes a copy of the database to the data folder. */
  backups: "/v1/backups",
  /** Incoming webhooks. */
  hook: (provider: string, id: string) => `/v1/hooks/${provider}/${id}`,
  jwks: "/.well-known/jwks.json",
  responder: {
    progress: "/v1/responder/progress",
    register: "/v1/responder/register",
    claim: "/v1/responder/claim",
    renew: "/v1/responder/renew",
    started: (run: string) => `/v1/responder/runs/${run}/started`,
    output: (run: string) => `/v1/responder/runs/${run}/output`,
    artifacts: (run: string) => `/v1/responder/runs/${run}/artifacts`,
    /** Reports the commit's facts after its checkout. */
    checkout: (run: string) => `/v1/responder/runs/${run}/checkout`,
    /** Finds stored cache folders. */
    caches: (run: string) => `/v1/responder/runs/${run}/caches`,
    /** Asks for an upload of each cache folder that changed. */
    saveCaches: (run: string) => `/v1/responder/runs/${run}/caches/save`,
    finish: (run: string) => `/v1/responder/runs/${run}/finish`,
    leave: "/v1/responder/leave",
  },
} as const;

/** Pages for people, relative to the server's URL. */
export const pagePaths = {
  ...projectFormPaths,
  /** The examples, which `/` shows to whom is not signed in. */
  examples: "/examples",
  projects: "/projects",
  project: (slug: string) => `/projects/${slug}`,
  commit: (slug: string, sha: string) => `/projects/${slug}/commits/${sha}`,
  runs: (slug: string) => `/projects/${slug}/runs`,
  run: (slug: string, id: string) => `/projects/${slug}/runs/${id}`,
  /** A run's output as text. */
  runLog: (slug: string, id: string) => `/projects/${slug}/runs/${id}/log`,
  /** The event stream of a run's page. */
  liveRun: (slug: string, id: string) => `/projects/${slug}/runs/${id}/live`,
  /** A run of a block, for everybody who knows its id. */
  blockRun: (id: string) => `/runs/${id}`,
  liveBlockRun: (id: string) => `/runs/${id}/live`,
  /** The project's own pages about its blocks; `block` is the public one. */
  blocks: (slug: string) => `/projects/${slug}/blocks`,
  ownBlock: (slug: string, id: string) => `/projects/${slug}/blocks/${id}`,
  /** Asks before the block is revoked. */
  revokeBlock: (slug: string, id: string) => `/projects/${slug}/blocks/${id}/revoke`,
  /** Signs a block in the browser. With `?block=` its form begins with that block's code and claims. */
  sign: (slug: string) => `/projects/${slug}/sign`,
  deliveries: (slug: string) => `/projects/${slug}/deliveries`,
  delivery: (slug: string, id: string) => `/projects/${slug}/deliveries/${id}`,
  /** With `?branch=` for one branch. */
  badge: (slug: string) => `/projects/${slug}/badge.svg`,
  feed: (slug: string) => `/projects/${slug}/feed.atom`,
  /** For the owner only. */
  notices: (slug: string) => `/projects/${slug}/notices`,
  /** The owner's view of the server. */
  operator: "/operator",
  machines: "/operator/machines",
  addMachine: "/operator/machine/add",
  machineSettings: "/operator/machine/settings",
  machine: (id: string) => `/operator/machines/${id}`,
  /** The machines of a project, for its members. */
  projectMachines: (slug: string) => `/projects/${slug}/machines`,
  /** A published block. Below it: `/embed`, `/image.png`, `/runs/RUN`, `/artifacts/NAME`; with `.js`, its script. */
  block: (slug: string, id: string) => `/${slug}/blocks/${id}`,
  /** `id` may end in `@revision`; absent `file`: the only signed one. */
  gist: (user: string, id: string, file?: string) =>
    `/gists/${user}/${id}${file === undefined ? "" : `/files/${encodeURIComponent(file)}`}`,
  oembed: "/oembed",
  signInPage: "/sign-in",
  signIn: (code: string) => `/sign-in/${code}`,
  signOut: "/sign-out",
  /** Asks for a fresh proof that it is the user, then leads to the page `back`. */
  prove: (back?: string) =>
    back === undefined ? "/account/prove" : `/account/prove?${new URLSearchParams({ back })}`,
  /** A link that makes who follows it a member of a project. */
  invitation: (code: string) => `/invitations/${code}`,
  members: (slug: string) => `/projects/${slug}/members`,
  member: (slug: string, user: string) => `/projects/${slug}/members/${user}`,
  removeMember: (slug: string, user: string) => `/projects/${slug}/members/${user}/remove`,
  withdrawInvitation: (slug: string, id: string) => `/projects/${slug}/invitations/${id}/withdraw`,
  /** Approves the login of a device. */
  device: "/device",
  projectAudit: (slug: string) => `/projects/${slug}/audit`,
  audit: "/operator/audit",
  users: "/operator/users",
  removeUser: (id: string) => `/operator/users/${id}/remove`,
  signUp: "/sign-up",
  /** The link in a mail: names the account and gives it a password. */
  signUpLink: (code: string) => `/sign-up/${code}`,
  resetPassword: "/reset-password",
  resetPasswordLink: (code: string) => `/reset-password/${code}`,
  confirmEmail: (code: string) => `/confirm-email/${code}`,
  /** A POST leads to GitHub, which leads back to the second. */
  gitHubSignIn: "/auth/github",
  gitHubCallback: "/auth/github/callback",
  /** POSTs of a page's script: ask for a challenge, and answer it to sign in. */
  passkeyChallenge: "/auth/passkey/challenge",
  passkeySignIn: "/auth/passkey",
  account: "/account",
  /** Shown once, after the owner's first sign-in link. */
  welcome: "/account/welcome",
  accountName: "/account/name",
  accountEmail: "/account/email",
  accountPassword: "/account/password",
  accountPasskeys: "/account/passkeys",
  newPasskey: "/account/passkeys/new",
  /** A POST of the page's script: asks for the options of a new passkey. */
  newPasskeyChallenge: "/account/passkeys/challenge",
  passkey: (id: string) => `/account/passkeys/${id}`,
  accountGitHub: "/account/github",
  /** A POST ends the session. */
  accountSession: (id: string) => `/account/sessions/${id}`,
  /** Ends the login of a program. */
  accountLogin: (id: string) => `/account/logins/${id}`,
  deleteAccount: "/account/delete",
  /** A POST with a password, for a fresh proof. */
  provePassword: "/account/prove/password",
  provePasskey: "/account/prove/passkey",
} as const;

/**
 * Storage keys. Those below `results/` are also paths below the results URL; the others are read by addresses that
 * are signed for some minutes. A bucket may remove what is old, but nothing below `blocks/`.
 */
export const storageKeys = {
  privateResult: (run: string) => `private/${run}/result.json`,
  privateArtifact: (run: string, attempt: number, name: string) =>
    `private/${run}/${attempt}/${encodedName(name)}`,
  /** `name` and `sha256` are lower-case hex. */
  cache: (project: string, name: string, sha256: string) =>
    `private/caches/${project}/${name}-${sha256}`,
  /** A file of a registered block. */
  blockFile: (project: string, block: string, sha256: string) =>
    `${storageKeys.blockFiles(project, block)}/${sha256}`,
  /** The folder of a block's files, or of all of a project. */
  blockFiles: (project: string, block?: string) =>
    `blocks/${project}${block === undefined ? "" : `/${block}`}`,
  result: (run: string) => `results/${run}/result.json`,
  artifact: (run: string, attempt: number, name: string) =>
    `results/${run}/${attempt}/${encodedName(name)}`,
} as const;

/** A file's name with folders, encoded for a path. */
function encodedName(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}
