import type { SettingsReader } from "./reader.ts";

/** Limits on the use of the server. 0 means no limit. */
export interface ServerLimits {
  /** Requests for runs, and for machines ahead of them, a minute and address. */
  addressRate: number;
  /** New runs (not shared ones) a minute and block. */
  blockRate: number;
  /** The same for all blocks of a project together. */
  projectRate: number;
  /** Wrong tokens, signatures and sign-in codes, a minute and address. */
  guessRate: number;
  /** Runs that may wait for the same machines at one time. */
  waiting: number;
  /** Of those, one project's. */
  waitingOfProject: number;
  /** Streams of events that may be open. */
  streams: number;
  streamsOfAddress: number;
  connections: number;
  connectionsOfAddress: number;
}

/** Each limit by the variable that sets it. */
export function limitsByVariable(limits: ServerLimits): [name: string, value: number][] {
  return [
    ["DEFERRED_RATE_ADDRESS", limits.addressRate],
    ["DEFERRED_RATE_BLOCK", limits.blockRate],
    ["DEFERRED_RATE_PROJECT", limits.projectRate],
    ["DEFERRED_RATE_GUESSES", limits.guessRate],
    ["DEFERRED_MAX_WAITING", limits.waiting],
    ["DEFERRED_MAX_WAITING_PROJECT", limits.waitingOfProject],
    ["DEFERRED_MAX_STREAMS", limits.streams],
    ["DEFERRED_MAX_STREAMS_ADDRESS", limits.streamsOfAddress],
    ["DEFERRED_MAX_CONNECTIONS", limits.connections],
    ["DEFERRED_MAX_CONNECTIONS_ADDRESS", limits.connectionsOfAddress],
  ];
}

export function readServerLimits(read: SettingsReader): ServerLimits {
  const whole = (name: string, fallback: number) => {
    const value = read.number(name, fallback, 0, 1_000_000);
    if (!Number.isInteger(value)) read.mistakes.push(`${name} has to be a whole number.`);
    return value;
  };
  return {
    addressRate: whole("DEFERRED_RATE_ADDRESS", 120),
    blockRate: whole("DEFERRED_RATE_BLOCK", 6000),
    projectRate: whole("DEFERRED_RATE_PROJECT", 12_000),
    guessRate: whole("DEFERRED_RATE_GUESSES", 30),
    waiting: whole("DEFERRED_MAX_WAITING", 2000),
    waitingOfProject: whole("DEFERRED_MAX_WAITING_PROJECT", 1000),
    streams: whole("DEFERRED_MAX_STREAMS", 10_000),
    streamsOfAddress: whole("DEFERRED_MAX_STREAMS_ADDRESS", 100),
    connections: whole("DEFERRED_MAX_CONNECTIONS", 12_000),
    connectionsOfAddress: whole("DEFERRED_MAX_CONNECTIONS_ADDRESS", 300),
  };
}
