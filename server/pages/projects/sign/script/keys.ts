import { makeWebKey, privateJwkOf, type WebKey } from "../../../../../blocks/web-crypto.ts";

const STORE = "keys";

/** The project's key in this browser; undefined where it has none. Its private part can't be read, only used. */
export async function findKey(project: string): Promise<WebKey | undefined> {
  const store = await open("readonly");
  return (await done(store.get(project))) as WebKey | undefined;
}

/**
 * Makes a key and tells the server its public part. Its private part stays in this browser, and can't be read; with
 * `download`, it is also saved as a file for the command line. Throws `Error` with what the server said.
 */
export async function makeKey(
  project: string,
  { address, download }: { address: string; download: boolean },
): Promise<WebKey> {
  const key = await makeWebKey({ extractable: download });
  const body = new URLSearchParams({
    jwk: JSON.stringify(key.publicJwk),
    label: `browser of ${new Date().toISOString().slice(0, 10)}`,
  });
  const headers = { accept: "application/json" };
  const answer = await fetch(address, { method: "POST", body, headers });
  if (!answer.ok) throw new Error("The server did not take the key. Sign in again, then sign.");
  if (download) save(`${key.kid}.json`, `${JSON.stringify(await privateJwkOf(key))}\n`);
  const kept = download ? await unreadable(key) : key;
  const store = await open("readwrite");
  await done(store.put(kept, project));
  return kept;
}

/** Forgets the project's key, for one that was revoked. */
export async function forgetKey(project: string): Promise<void> {
  const store = await open("readwrite");
  await done(store.delete(project));
}

async function unreadable(key: WebKey): Promise<WebKey> {
  const bytes = await crypto.subtle.exportKey("pkcs8", key.privateKey);
  const { algorithm } = key.privateKey;
  const privateKey = await crypto.subtle.importKey("pkcs8", bytes, algorithm, false, ["sign"]);
  return { ...key, privateKey };
}

function save(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function open(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const request = indexedDB.open("deferred-signing", 1);
  request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
  const database = await done(request);
  const store = database.transaction(STORE, mode).objectStore(STORE);
  store.transaction.addEventListener("complete", () => database.close());
  return store;
}

function done<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("It failed.")));
  });
}
