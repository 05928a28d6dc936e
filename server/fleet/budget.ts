import type { BudgetLimits } from "../providers/policy.ts";

/** A wake with the facts of its price. */
export interface PricedWake {
  project: string;
  hinted: boolean;
  requestedAt: number;
  /** When its machine stopped costing; null while it costs. */
  endedAt: number | null;
}

/** Used machine-hours. */
export interface Used {
  all: number;
  projects: Map<string, number>;
  /** The part of them that hints used. */
  hints: Map<string, number>;
}

/** Projects whose machine time for today is used up. */
export interface Spent {
  all: boolean;
  projects: ReadonlySet<string>;
}

export const NOTHING_SPENT: Spent = { all: false, projects: new Set() };

const DAY_MS = 24 * 60 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;
/** The least time that a provider bills. */
const LEAST_MS = 60 * 1000;
/** The share of a project's budget that hints may use. */
const HINT_SHARE = 0.1;

/** When the UTC day of `now` began. */
export function dayOf(now: number): number {
  return now - (now % DAY_MS);
}

/** When the budget in use at `now` is renewed. */
export function renewsAt(now: number): number {
  return dayOf(now) + DAY_MS;
}

/** Use of the day of `now` so far, counted from each wake's request. */
export function usedToday(wakes: readonly PricedWake[], now: number): Used {
  const used: Used = { all: 0, projects: new Map(), hints: new Map() };
  const day = dayOf(now);
  for (const { project, hinted, requestedAt, endedAt } of wakes) {
    const until = Math.min(endedAt ?? now, now);
    const begunToday = requestedAt >= day;
    const ms = Math.max(until - Math.max(requestedAt, day), begunToday ? LEAST_MS : 0);
    const hours = ms / HOUR_MS;
    used.all += hours;
    add(used.projects, project, hours);
    if (hinted) add(used.hints, project, hours);
  }
  return used;
}

export function spentOf(used: Used, limits: BudgetLimits): Spent {
  const named = new Set([...used.projects.keys(), ...(limits.own?.keys() ?? [])]);
  const isSpent = (project: string) =>
    project !== "" && (used.projects.get(project) ?? 0) >= hoursOf(project, limits);
  return {
    all: used.all >= limits.hours || limits.projectHours === 0,
    projects: new Set([...named].filter(isSpent)),
  };
}

/** The machine-hours a day of a project. */
export function hoursOf(project: string, { projectHours, own }: BudgetLimits): number {
  return own?.get(project) ?? projectHours;
}

/** Whether a hint may still wake a machine for `project`. */
export function mayHint(used: Used, project: string, limits: BudgetLimits): boolean {
  return (used.hints.get(project) ?? 0) < HINT_SHARE * hoursOf(project, limits);
}

/** Warns operators once a day when 80 % and when all of a budget is used. */
export function createBudgetWarnings(warn: (facts: object, message: string) => void) {
  const said = new Set<string>();
  let day = 0;
  return (used: Used, limits: BudgetLimits, now: number): void => {
    if (day !== dayOf(now)) said.clear();
    day = dayOf(now);
    const budgets: [project: string | undefined, hours: number, limit: number][] = [
      [undefined, used.all, limits.hours],
      ...[...used.projects].map(([project, hours]): [string, number, number] => [
        project,
        hours,
        hoursOf(project, limits),
      ]),
    ];
    for (const [project, hours, limit] of budgets) {
      const percent = hours >= limit ? 100 : hours >= 0.8 * limit ? 80 : undefined;
      if (percent === undefined || project === "") continue;
      const key = JSON.stringify([project, percent]);
      if (said.has(key)) continue;
      said.add(key);
      const facts = { project, used_hours: round(hours), limit_hours: limit };
      const then = percent === 100 ? "; no machine is started for it before midnight UTC" : "";
      warn(facts, `${percent} % of a day's machine-hours are used${then}`);
    }
  };
}

function add(sums: Map<string, number>, project: string, hours: number): void {
  sums.set(project, (sums.get(project) ?? 0) + hours);
}

function round(hours: number): number {
  return Math.round(hours * 100) / 100;
}
