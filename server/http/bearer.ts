/** The token of an `Authorization: Bearer …` header. */
export function bearer(authorization: string | undefined): string | undefined {
  return /^Bearer ([\w.~+/=-]{1,400})$/i.exec(authorization ?? "")?.[1];
}
