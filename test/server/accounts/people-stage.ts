import { eventually } from "../../eventually.ts";
import { startMailbox } from "../../services/mailbox.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { startSystem, url as URL, type System } from "../system.ts";

export const PASSWORD = "correct horse battery";

/** A browser without scripts: it keeps cookies and sends forms. */
export function browserOf(system: System) {
  const cookies = new Map<string, string>();
  const send = async (method: string, address: string, body?: string) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await system.app.request(address, {
      method,
      headers: {
        accept: "text/html",
        ...(cookie && { cookie }),
        ...(body !== undefined && {
          "content-type": "application/x-www-form-urlencoded",
          "sec-fetch-site": "same-origin",
          referer: `${URL}/account`,
        }),
      },
      ...(body !== undefined && { body }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") cookies.delete(name);
      else cookies.set(name, value);
    }
    return {
      status: response.status,
      location: response.headers.get("location"),
      text: await response.text(),
    };
  };
  return {
    open: (path: string) => send("GET", path),
    post: (path: string, fields: Record<string, string>) =>
      send("POST", path, String(new URLSearchParams(fields))),
    /** Whom the header of pages names. */
    async self(): Promise<string | undefined> {
      const { text } = await send("GET", "/docs");
      return /<a class="self"[^>]*>([^<]*)</.exec(text)?.[1];
    },
  };
}

/** A server that sends mails, with its mailbox. */
export async function startPeople(env: Record<string, string> = {}) {
  const mailbox = await startMailbox();
  const system = await startSystem({ SMTP_URL: mailbox.url, DEFERRED_SIGN_UP: "open", ...env });
  let read = 0;

  /** The next mail, with the path of its link. */
  async function nextMail() {
    const mail = await eventually(async () => mailbox.mails[read]);
    read++;
    const text = mail.source.replace(/=\r\n/g, "").replace(/=3D/g, "=");
    const links = text.match(/http:\/\/127\.0\.0\.1:8080\/\S*/g) ?? [];
    return {
      to: mail.to,
      subject: mail.headers["subject"],
      links: links.map((one) => one.slice(URL.length)),
    };
  }

  async function signUp(email: string) {
    const person = browserOf(system);
    await person.post(pagePaths.signUp, { email });
    const { links } = await nextMail();
    const link = links.find((one) => one.startsWith("/sign-up/"))!;
    await person.post(link, { name: "Ada Lovelace", password: PASSWORD });
    return person;
  }

  return { system, mails: mailbox.mails, browser: () => browserOf(system), nextMail, signUp };
}
