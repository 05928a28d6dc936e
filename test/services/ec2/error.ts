/** An error as EC2 answers it: a code that callers decide by, a message for people. */
export class Ec2Error extends Error {
  override readonly name = "Ec2Error";
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
    this.status = STATUS[code] ?? 400;
  }
}

/** The statuses that are not 400. */
const STATUS: Record<string, number> = {
  AuthFailure: 401,
  UnauthorizedOperation: 403,
  DryRunOperation: 412,
  InternalError: 500,
  InsufficientInstanceCapacity: 500,
  InsufficientVolumeCapacity: 500,
  InsufficientAddressCapacity: 500,
  RequestLimitExceeded: 503,
  Unavailable: 503,
};

export function missing(name: string): Ec2Error {
  return new Ec2Error("MissingParameter", `The request must contain the parameter ${name}`);
}

export function invalidValue(name: string, value: string): Ec2Error {
  return new Ec2Error(
    "InvalidParameterValue",
    `Value (${value}) for parameter ${name} is invalid.`,
  );
}
