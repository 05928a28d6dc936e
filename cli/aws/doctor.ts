import { doctor as findings } from "../../server/aws/doctor/doctor.ts";
import { printFindings } from "../findings.ts";
import type { Prepared } from "./prepare.ts";

export function doctor({ args, target, clients }: Prepared): Promise<number> {
  return printFindings(findings(clients, target, Date.now), args.flag("json"));
}
