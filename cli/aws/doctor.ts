import { doctor as findings } from "../../server/providers/ec2/account/doctor/doctor.ts";
import { readStatements } from "../../server/providers/ec2/account/stack/statements.ts";
import { printFindings } from "../findings.ts";
import { stackTemplate } from "../layout.ts";
import type { Prepared } from "./prepare.ts";

export function doctor({ args, target, clients }: Prepared): Promise<number> {
  const statements = readStatements(stackTemplate());
  return printFindings(findings(clients, target, { statements, now: Date.now }), args.flag("json"));
}
