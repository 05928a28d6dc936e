/** Pages on which people add, change, run and remove projects, relative to the server's URL. */
export const projectFormPaths = {
  /** Adds a project. */
  newProject: "/projects/new",
  /** Those that can be restored. */
  removedProjects: "/projects/removed",
  /** Starts a run of a branch or commit. */
  runNow: (slug: string) => `/projects/${slug}/run`,
  runAgain: (slug: string, id: string) => `/projects/${slug}/runs/${id}/again`,
  cancelRun: (slug: string, id: string) => `/projects/${slug}/runs/${id}/cancel`,
  replayDelivery: (slug: string, id: string) => `/projects/${slug}/deliveries/${id}/replay`,
  approveDelivery: (slug: string, id: string) => `/projects/${slug}/deliveries/${id}/approve`,
  settings: (slug: string) => `/projects/${slug}/settings`,
  branches: (slug: string) => `/projects/${slug}/settings/branches`,
  repository: (slug: string) => `/projects/${slug}/settings/repository`,
  credential: (slug: string, name: string) => `/projects/${slug}/settings/repository/${name}`,
  removeCredential: (slug: string, name: string) =>
    `/projects/${slug}/settings/repository/${name}/remove`,
  webhook: (slug: string) => `/projects/${slug}/settings/webhook`,
  /** Makes the webhook's secret anew. */
  renewWebhook: (slug: string) => `/projects/${slug}/settings/webhook/renew`,
  /** Has GitHub call the webhook. */
  connectGitHub: (slug: string) => `/projects/${slug}/settings/webhook/github`,
  secrets: (slug: string) => `/projects/${slug}/settings/secrets`,
  removeSecret: (slug: string, name: string) => `/projects/${slug}/settings/secrets/${name}/remove`,
  schedules: (slug: string) => `/projects/${slug}/settings/schedules`,
  runSchedule: (slug: string, position: number | string) =>
    `/projects/${slug}/settings/schedules/${position}/run`,
  /** Mails and outgoing webhooks. */
  telling: (slug: string) => `/projects/${slug}/settings/notices`,
  addOutgoingHook: (slug: string) => `/projects/${slug}/settings/notices/webhooks`,
  removeOutgoingHook: (slug: string, id: string) =>
    `/projects/${slug}/settings/notices/webhooks/${id}/remove`,
  keys: (slug: string) => `/projects/${slug}/settings/keys`,
  revokeKey: (slug: string, kid: string) => `/projects/${slug}/settings/keys/${kid}/revoke`,
  tokens: (slug: string) => `/projects/${slug}/settings/tokens`,
  newToken: (slug: string) => `/projects/${slug}/settings/tokens/new`,
  revokeToken: (slug: string, id: string) => `/projects/${slug}/settings/tokens/${id}/revoke`,
  removeProject: (slug: string) => `/projects/${slug}/settings/remove`,
  restoreProject: (slug: string) => `/projects/${slug}/restore`,
} as const;
