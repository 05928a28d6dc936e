import { diagnoseAccount, readStatements } from "../../server/providers/ec2/account/index.ts";
import { printFindings } from "../operate/findings.ts";
import { packageFile } from "../layout.ts";
import type { Prepared } from "./prepare.ts";

export function checkAccount({ target, clients }: Prepared, json: boolean): Promise<number> {
  const statements = readStatements(packageFile("infra/stack.yaml"));
  return printFindings(diagnoseAccount(clients, target, { statements, now: Date.now }), json);
}
