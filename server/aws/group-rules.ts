/** Where machines may connect to; addresses and ports as EC2 states them. */
export interface Rule {
  protocol: string;
  from: number;
  to: number;
  /** A block of addresses, or whatever else the rule names: a group, a prefix list. */
  peer: string;
}

const EVERYWHERE = ["0.0.0.0/0", "::/0"];

/**
 * What the machines' group lets out: https to the server, to storage and for downloads; http to Debian's
 * mirrors, whose packages are signed. Names, time and instance metadata need no rule: security groups don't
 * filter them in Amazon's network.
 */
export function outboundRules(serverUrl: string): Rule[] {
  const { port } = new URL(serverUrl);
  const ports = new Set([80, 443, ...(port === "" ? [] : [Number(port)])]);
  return [...ports].flatMap((from) =>
    EVERYWHERE.map((peer) => ({ protocol: "tcp", from, to: from, peer })),
  );
}

/** What is to be added to `found`, and taken from it. */
export function ruleChanges(found: Rule[], wanted: Rule[]): { add: Rule[]; remove: Rule[] } {
  const lacks = (rules: Rule[], one: Rule) => !rules.some((rule) => same(rule, one));
  return {
    add: wanted.filter((rule) => lacks(found, rule)),
    remove: found.filter((rule) => lacks(wanted, rule)),
  };
}

export function ruleWords({ protocol, from, to, peer }: Rule): string {
  if (protocol === "-1") return `everything, ${peer}`;
  return `${protocol} ${from === to ? from : `${from} to ${to}`}, ${peer}`;
}

function same(a: Rule, b: Rule): boolean {
  return a.protocol === b.protocol && a.from === b.from && a.to === b.to && a.peer === b.peer;
}
