import { GetConsoleOutputCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { oneLine } from "../one-line.ts";
import { codeOf } from "./errors.ts";

const WITHIN_MS = 5000;

/** Characters of the console's end that are searched, and of the line that is returned. */
const END_CHARACTERS = 8192;
const LINE_CHARACTERS = 200;

/** Prefix of the set-up's own lines, which a kernel or a login prompt may follow. */
const OWN = "Deferred Runner: ";

/** The console line that best explains a failed boot: the last line of the set-up, else the last line. */
function lastLineOf(console: string): string | undefined {
  const lines = console
    .slice(-END_CHARACTERS)
    .split(/[\r\n]+/)
    .map((line) => oneLine(line, END_CHARACTERS))
    .filter((line) => line !== "");
  const own = lines.findLast((line) => line.includes(OWN));
  const line = own?.slice(own.indexOf(OWN) + OWN.length) ?? lines.at(-1);
  return line?.slice(0, LINE_CHARACTERS);
}

/** Reads the last line of a machine's latest console output, or of the buffered one of types without Nitro. */
export async function readLastConsoleLine(
  client: EC2Client,
  id: string,
): Promise<string | undefined> {
  const read = async (Latest: boolean) => {
    const command = new GetConsoleOutputCommand({ InstanceId: id, ...(Latest ? { Latest } : {}) });
    const abortSignal = AbortSignal.timeout(WITHIN_MS);
    return (await client.send(command, { abortSignal })).Output ?? "";
  };
  const output = await read(true).catch((error: unknown) => {
    if (codeOf(error) === "UnsupportedOperation") return read(false);
    throw error;
  });
  return lastLineOf(Buffer.from(output, "base64").toString());
}
