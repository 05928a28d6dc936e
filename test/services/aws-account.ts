import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface AccountOptions {
  accountId?: string;
  arn?: string;
  accessKeyId?: string;
  /** Values by quota code; a code that is not there is not known. */
  quotas?: Record<string, number>;
  /** The code of an error that every call meets. */
  fails?: { code: string; status: number };
}

/** STS and Service Quotas, as far as who one is and how much one may have. */
export async function startAccount(options: AccountOptions = {}) {
  const { accountId = "123456789012", accessKeyId = "AKIDEXAMPLE" } = options;
  const arn = options.arn ?? `arn:aws:iam::${accountId}:user/deferred`;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const target = request.headers["x-amz-target"];
      const signed = request.headers.authorization ?? "";
      const refused =
        options.fails ??
        (signed.includes(`Credential=${accessKeyId}/`)
          ? undefined
          : { code: "InvalidClientTokenId", status: 403 });
      if (typeof target === "string") {
        const { status, answer } = quota(options.quotas ?? {}, body, refused);
        const headers = { "content-type": "application/x-amz-json-1.1" };
        response.writeHead(status, headers).end(JSON.stringify(answer));
        return;
      }
      const answer = refused
        ? `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${refused.code}</Code><Message>The security token included in the request is not valid.</Message></Error><RequestId>r</RequestId></ErrorResponse>`
        : `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${arn}</Arn><UserId>AIDAEXAMPLE</UserId><Account>${accountId}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>`;
      response.writeHead(refused?.status ?? 200, { "content-type": "text/xml" }).end(answer);
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: { AWS_ENDPOINT_URL_STS: url, AWS_ENDPOINT_URL_SERVICE_QUOTAS: url },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function quota(
  quotas: Record<string, number>,
  body: string,
  refused: AccountOptions["fails"],
): { status: number; answer: unknown } {
  if (refused) {
    return { status: 400, answer: { __type: refused.code, message: "The call was refused." } };
  }
  const { QuotaCode, ServiceCode } = JSON.parse(body) as Record<string, string>;
  const Value = quotas[QuotaCode ?? ""];
  if (ServiceCode !== "ec2" || Value === undefined) {
    const __type = "NoSuchResourceException";
    return { status: 400, answer: { __type, message: "The requested quota does not exist." } };
  }
  return { status: 200, answer: { Quota: { ServiceCode, QuotaCode, Value, Unit: "None" } } };
}
