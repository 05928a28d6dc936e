import { parseArgs } from "node:util";
import { bareResponders } from "./bare-responder.ts";
import { startEc2 } from "./endpoint.ts";

// The endpoint as a process of its own, to be tried from outside: prints what a client's environment needs.

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    responders: { type: "boolean", default: false },
  },
});
const ec2 = await startEc2({
  port: Number(values.port),
  ...(values.responders ? { hardware: bareResponders() } : {}),
});
for (const [name, value] of Object.entries(ec2.env)) process.stdout.write(`${name}=${value}\n`);
process.once("SIGTERM", () => void ec2.close());
process.once("SIGINT", () => void ec2.close());
