import { SMTPServer } from "smtp-server";
import { onTestFinished } from "vitest";

export interface ReceivedMail {
  from: string;
  to: string[];
  /** Header fields by their lower-case names, unfolded. */
  headers: Record<string, string>;
  /** As it was sent. */
  source: string;
}

/** A real SMTP server that keeps what it is given, or refuses it as `refuse` says. */
export async function startMailbox(
  atEnd: (end: () => Promise<void>) => void = onTestFinished,
): Promise<{
  url: string;
  mails: ReceivedMail[];
  /** Answers of 4xx or 5xx to the next recipients. */
  refusals: { code: number; text: string }[];
}> {
  const mails: ReceivedMail[] = [];
  const refusals: { code: number; text: string }[] = [];
  const server = new SMTPServer({
    authMethods: ["PLAIN"],
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    onAuth: ({ username, password }, _session, done) =>
      username === "runner" && password === "s3cret"
        ? done(null, { user: username })
        : done(new Error("535 wrong password")),
    onRcptTo(_address, _session, done) {
      const refusal = refusals.shift();
      if (!refusal) return done();
      done(Object.assign(new Error(refusal.text), { responseCode: refusal.code }));
    },
    onData(stream, session, done) {
      let source = "";
      stream.setEncoding("utf8");
      stream.on("data", (part: string) => (source += part));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom ? mailFrom.address : "",
          to: rcptTo.map(({ address }) => address),
          headers: headersOf(source),
          source,
        });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  atEnd(async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    await promise;
  });
  const { port } = server.server.address() as { port: number };
  return { url: `smtp://runner:s3cret@127.0.0.1:${port}?ignoreTLS=true`, mails, refusals };
}

function headersOf(source: string): Record<string, string> {
  const head = source.slice(0, source.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
  return Object.fromEntries(
    head.split("\r\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

/** The text of a mail's plain part: quoted-printable undone. */
export function textOfMail(source: string): string {
  const [, part = ""] = /text\/plain[^]*?\r\n\r\n([^]*?)\r\n----/.exec(source) ?? [];
  return part
    .replace(/=\r\n/g, "")
    .replace(/(=[0-9A-F]{2})+/g, (bytes) =>
      Buffer.from(bytes.replaceAll("=", ""), "hex").toString(),
    );
}
