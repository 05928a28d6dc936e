import { actorWords } from "./actors.ts";
import type {
  MachineBudget,
  MachineEndView,
  MachineSettings,
  MachineView,
  WakeCause,
} from "./machines.ts";

/** Why a machine came, without the id of a run. */
export function causeWords(cause: WakeCause | null): string {
  if (cause === null) return "not recorded";
  const by = cause.by ? ` by ${actorWords(cause.by)}` : "";
  switch (cause.kind) {
    case "run":
      return "for a run";
    case "hint":
      return "a reader was about to press Run";
    case "min_awake":
      return "to keep its number awake";
    case "spare":
      return "as a reserve";
    case "person":
      return `asked for${by}`;
    case "takeover":
      return "another project took over its costs";
    default:
      return cause.kind satisfies never;
  }
}

/** Why it went. */
export function wentWords({ says, by }: MachineEndView): string {
  return by ? `${says.replace(/\.$/, "")}, by ${actorWords(by)}.` : says;
}

/** `t3.small, spot, eu-west-1a`; a process of this host for local compute. */
export function kindWords({ compute, type, market, zone }: MachineView): string {
  if (type === null) return compute === "local" ? "local process" : compute;
  return [type, market, zone].filter((one) => one !== null).join(", ");
}

/** The responder's release, with a mark if the server's is newer; empty where it did not say. */
export function releaseWords({ release, is_older: isOlder }: MachineView): string {
  if (!release) return "";
  return isOlder ? `${release}, older than the server’s` : release;
}

export function hoursWords(hours: number): string {
  return hours > 0 && hours < 0.1 ? `${(hours * 60).toFixed(1)} min` : `${hours.toFixed(1)} h`;
}

/** In dollars; empty where there is no price. */
export function costWords(cost: number | null): string {
  if (cost === null) return "";
  return cost > 0 && cost < 0.01 ? "under $0.01" : `$${cost.toFixed(2)}`;
}

export function budgetWords({ used_hours: used, limit_hours: limit }: MachineBudget): string {
  if (limit === null) return `${hoursWords(used)} used today; machines cost nothing here`;
  const left = Math.max(0, limit - used);
  return `${hoursWords(used)} of ${limit} machine-hours used today, ${hoursWords(left)} left`;
}

/** Each setting that was made, as name and value. */
export function settingWords(settings: MachineSettings): [name: string, value: string][] {
  const { types, image, market, budget_hours: hours, min_awake: awake } = settings;
  const all: [string, string | undefined][] = [
    ["types", types?.join(", ")],
    ["image", image],
    ["market", market],
    ["budget", hours === undefined ? undefined : `${hours} machine-hours a day`],
    ["kept awake", awake === undefined ? undefined : String(awake)],
  ];
  return all.flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
}
