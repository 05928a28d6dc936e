import type { Assignment } from "../../protocol/responder.ts";
import type { Began, ResponderCalls } from "../client/responder-calls.ts";
import { untilAnswered } from "../client/retry.ts";

/** A program that ends sooner has its start told by its output or finish call, which saves a call. */
const REPORT_MS = 200;

export interface StartReportOptions {
  readonly assignment: Assignment;
  readonly calls: Pick<ResponderCalls, "started">;
  readonly signal: AbortSignal;
  /** The server refused the report: the attempt is over. */
  onRefused(error: unknown): void;
}

/** Tells the server when a program began, once, by whichever call comes first. */
export interface StartReport {
  /** The program begins. */
  begin(): void;
  /** What a call says of the start: nothing once the server knows it. */
  facts(): Began;
  /** A call with these facts was answered. */
  told(): void;
  /** The program ended: its finish call tells the rest. */
  end(): void;
}

export function startReport({
  assignment,
  calls,
  signal,
  onRefused,
}: StartReportOptions): StartReport {
  let began: number | undefined;
  let isKnown = assignment.confirm_start === true;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;

  const facts = (): Began =>
    began === undefined || isKnown
      ? {}
      : { began_ago_s: Math.max(0, performance.now() - began) / 1000 };
  const told = () => {
    isKnown = true;
    clearTimeout(timer);
  };
  const report = async () => {
    try {
      await untilAnswered(async () => {
        if (isOver || isKnown) return;
        // Not aborted where it is under way: that would cost the connection.
        await calls.started(assignment, facts(), signal);
        told();
      }, signal);
    } catch (error) {
      if (!isOver && !signal.aborted) onRefused(error);
    }
  };

  return {
    begin() {
      began = performance.now();
      if (!isKnown) timer = setTimeout(() => void report(), REPORT_MS);
    },
    facts,
    told,
    end() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
