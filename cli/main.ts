import { inspect } from "node:util";
import { EXIT } from "./errors/exit-codes.ts";
import { main } from "./program.ts";
import { endWithReader } from "./terminal/output-end.ts";
import { printError } from "./terminal/print.ts";

endWithReader();
process.on("uncaughtException", (error) => {
  printError(`deferred itself failed\n${inspect(error)}`, "report this, with what stands above");
  process.exit(EXIT.failed);
});
process.exitCode = await main(process.argv.slice(2));
