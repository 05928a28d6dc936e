import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { pagePaths, paths } from "../../../../protocol/paths.ts";
import { passkeysMissing } from "../../../../server/accounts/users/passkeys.ts";
import { violationsOn } from "../../../axe.ts";
import { launchChromium } from "../../../chromium.ts";
import { startMailbox } from "../../../services/mailbox.ts";
import { serveComposed } from "../../../systems/in-process.ts";

test("passkeys belong to a host name, on https or on this machine", () => {
  const offered = ["https://runner.example", "http://localhost:80", "http://a.localhost"];
  expect(offered.map((url) => passkeysMissing(url))).toEqual([undefined, undefined, undefined]);
  const addresses = ["http://127.0.0.1:80", "https://[::1]", "https://10.0.0.1"];
  expect(addresses.map((url) => passkeysMissing(url))).toEqual(["address", "address", "address"]);
  expect(passkeysMissing("http://runner.example")).toBe("http");
});

/** A server at `localhost`, and a browser with an authenticator that always agrees. */
async function startWithAuthenticator() {
  const data = await mkdtemp(join(tmpdir(), "deferred-"));
  const mailbox = await startMailbox();
  const env = { SMTP_URL: mailbox.url, DEFERRED_SIGN_UP: "open" };
  const { url, folder, close } = await serveComposed({ data, host: "localhost", env });
  const browser = await launchChromium();
  onTestFinished(async () => {
    await browser.close();
    await close();
    await rm(data, { recursive: true, force: true });
  });
  // The page's policy would refuse axe.
  const context = await browser.newContext({ bypassCSP: true, baseURL: url });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  const session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      ...{ protocol: "ctap2", transport: "internal", automaticPresenceSimulation: true },
      ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    },
  });
  return {
    page,
    errors,

    /** Opens a one-time link of the owner's. */
    async signInByLink(): Promise<void> {
      const token = (await readFile(folder.ownerToken, "utf8")).trim();
      const headers = { authorization: `Bearer ${token}` };
      const made = await fetch(url + paths.signInLinks, { method: "POST", headers });
      await page.goto(((await made.json()) as { url: string }).url);
    },
  };
}

const LOOKS = [
  { width: 1280, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
] as const;

async function expectAccessible(page: Page): Promise<void> {
  for (const { width, colorScheme } of LOOKS) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect([page.url(), await violationsOn(page)]).toEqual([page.url(), []]);
  }
}

test("the owner adds a passkey, signs in with it, renames and removes it", async () => {
  const { page, errors, signInByLink } = await startWithAuthenticator();
  await signInByLink();
  await page.getByLabel("Name").fill("Grace Hopper");
  await page.getByLabel("E-mail").fill("grace@example.com");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(`**${pagePaths.newPasskey}`);
  await expectAccessible(page);
  await page.getByLabel("Name").fill("Laptop");
  await page.getByRole("button", { name: "Add the passkey" }).click();
  await page.waitForURL(`**${pagePaths.account}`);
  await page.getByRole("row", { name: "Laptop" }).waitFor();
  await expectAccessible(page);

  await page.goto(pagePaths.newPasskey);
  await page.getByRole("button", { name: "Add the passkey" }).click();
  await page.getByText("This device has a passkey of this account already.").waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/");
  for (const path of [pagePaths.signInPage, pagePaths.signUp, pagePaths.resetPassword]) {
    await page.goto(path);
    await expectAccessible(page);
  }
  await page.goto(`${pagePaths.signInPage}?back=${pagePaths.account}`);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.waitForURL(`**${pagePaths.account}`);
  expect(await page.locator(".self").textContent()).toBe("Grace Hopper");

  await page.getByRole("link", { name: "Laptop" }).click();
  await page.getByLabel("Name").fill("Desk");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.waitForURL(`**${pagePaths.account}`);
  await page.getByRole("link", { name: "Desk" }).click();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Remove the passkey" }).click();
  await page.waitForURL(`**${pagePaths.account}`);
  expect(await page.getByRole("link", { name: "Desk" }).count()).toBe(0);
  for (const path of [pagePaths.accountEmail, pagePaths.accountPassword, pagePaths.deleteAccount]) {
    await page.goto(path);
    await expectAccessible(page);
  }

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/");
  await page.goto(pagePaths.signInPage);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByText("This server does not know the passkey.").waitFor();
  expect(errors).toEqual([]);
});
