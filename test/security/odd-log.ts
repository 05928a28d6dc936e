import { terminalLog } from "../../cli/serve-log.ts";

// Logs what strangers may have sent, as a server at a terminal does: a test reads it from outside.
const odd = process.argv[2]!;
const log = terminalLog("info");
log.info({ path: odd, nested: { [odd]: odd } }, `said ${odd}`);
log.error({ err: new Error(odd) }, "failed");
