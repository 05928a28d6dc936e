/** The server takes 512, with the folder by a commit's name that may come before it. */
const NAME_CHARACTERS = 490;
/** As it stands in an address: a storage's keys have 1024 at most. */
const ADDRESS_CHARACTERS = 900;

/** Whether `name` can be a URL's path and a file's name on any system it may be saved on. */
export function isPlainName(name: string): boolean {
  return (
    name.length <= NAME_CHARACTERS &&
    // Undecodable bytes come as U+FFFD: the name then names another file or none.
    !/[\p{Cc}\p{Cs}\\\uFFFD\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u.test(name) &&
    name.split("/").every((part) => part !== "." && part !== "..") &&
    encodeURIComponent(name).length <= ADDRESS_CHARACTERS
  );
}
