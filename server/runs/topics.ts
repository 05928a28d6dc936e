/** The feed's topic that ends a machine's wait for runs: it missed its heartbeats, or serves another pool now. */
export function silenceTopic(launchId: string): string {
  return `silence:${launchId}`;
}

/** The feed's topic of machines that hold a run which was canceled. */
export function renewalTopic(launchId: string): string {
  return `renewal:${launchId}`;
}

/** The feed's topic for work that waits in a pool. */
export function poolTopic(pool: string): string {
  return `pool:${pool}`;
}
