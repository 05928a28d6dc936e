import {
  DeleteStackCommand,
  DescribeStackEventsCommand,
  paginateDescribeStackEvents,
  type StackEvent,
} from "@aws-sdk/client-cloudformation";
import type { Clients } from "../clients.ts";
import { pauses, type Sleep } from "./pauses.ts";

/** An event of a resource, or of the stack itself. */
export interface Happened {
  status: string;
  /** The logical id of the resource, or the stack's name. */
  name: string;
  type: string;
  reason: string | undefined;
  isStack: boolean;
}

/** Final statuses of a stack. */
const AT_REST = /^(CREATE|UPDATE|DELETE|ROLLBACK|UPDATE_ROLLBACK|IMPORT)_(COMPLETE|FAILED)$/;

export const isAtRest = (status: string): boolean => AT_REST.test(status);

/** The newest event, as the start for `followStack`. */
export async function lastEvent(
  { cloudformation }: Clients,
  StackName: string,
): Promise<string | undefined> {
  const { StackEvents: [newest] = [] } = await cloudformation.send(
    new DescribeStackEventsCommand({ StackName }),
  );
  return newest?.EventId;
}

/** Yields a stack's events after the given one until the stack has a final status. */
export async function* followStack(
  clients: Clients,
  stackId: string,
  { after, sleep }: { after: string | undefined; sleep: Sleep },
): AsyncGenerator<Happened> {
  let seen = after;
  for (const pause of pauses()) {
    const events = await eventsAfter(clients, stackId, seen);
    seen = events[0]?.EventId ?? seen;
    for (const event of events.toReversed()) {
      const happened = toHappened(event, stackId);
      yield happened;
      if (happened.isStack && isAtRest(happened.status)) return;
    }
    await sleep(pause);
  }
}

/** Reasons of failure, without resources that were canceled because of another failure. */
export function failuresIn(happened: Happened[]): string[] {
  return happened
    .filter(({ status, isStack }) => status.endsWith("_FAILED") && !isStack)
    .filter(({ reason = "" }) => !/^Resource (creation|update) cancelled/i.test(reason))
    .map(({ name, type, reason }) => `${name} (${type}): ${reason ?? "AWS gave no reason"}`);
}

export async function deleteStack({ cloudformation }: Clients, stackId: string): Promise<void> {
  await cloudformation.send(new DeleteStackCommand({ StackName: stackId }));
}

/** Newest first, as CloudFormation lists them. */
async function eventsAfter(
  { cloudformation }: Clients,
  StackName: string,
  seen: string | undefined,
): Promise<StackEvent[]> {
  const found: StackEvent[] = [];
  for await (const page of paginateDescribeStackEvents({ client: cloudformation }, { StackName })) {
    for (const event of page.StackEvents ?? []) {
      if (event.EventId === seen) return found;
      found.push(event);
    }
  }
  return found;
}

function toHappened(event: StackEvent, stackId: string): Happened {
  return {
    status: event.ResourceStatus ?? "",
    name: event.LogicalResourceId ?? "",
    type: event.ResourceType ?? "",
    reason: event.ResourceStatusReason,
    isStack: event.PhysicalResourceId === stackId,
  };
}
