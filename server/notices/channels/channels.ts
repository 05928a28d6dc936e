import type { Channel } from "./channel.ts";
import { createCommitStatusChannel, type CommitStatusChannelDeps } from "./commit-status.ts";
import { createForgeStatusChannel, type ForgeStatusChannelDeps } from "./forge-status.ts";
import { createHookChannel, type HookChannelDeps } from "./hooks.ts";
import { createMailChannel, type MailChannelDeps } from "./mail.ts";

export type ChannelsDeps = CommitStatusChannelDeps &
  ForgeStatusChannelDeps &
  HookChannelDeps &
  MailChannelDeps;

/** All channels. A run's notices are made in this order. */
export function createChannels(deps: ChannelsDeps): readonly Channel[] {
  return [
    createCommitStatusChannel(deps),
    createForgeStatusChannel(deps),
    createHookChannel(deps),
    createMailChannel(deps),
  ];
}
