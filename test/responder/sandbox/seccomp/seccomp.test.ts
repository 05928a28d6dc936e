import { expect, test } from "vitest";
import { seccompFilter } from "../../../../responder/sandbox/seccomp/seccomp.ts";

const ALLOWED = "allowed";
const EPERM = "errno 1";
const EAFNOSUPPORT = "errno 97";
const AUDIT_ARCH = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
/** From the kernel's own tables. */
const NUMBERS = {
  x64: { socket: 41, socketpair: 53, ptrace: 101, read: 0 },
  arm64: { socket: 198, socketpair: 199, ptrace: 117, read: 63 },
} as const;

/** What the kernel would do with a call: the filter run as classic BPF over `struct seccomp_data`. */
function verdict(filter: Buffer, arch: number, number: number, args: readonly number[]): string {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(arch, 4);
  for (const [index, value] of args.entries()) data.writeUInt32LE(value >>> 0, 16 + 8 * index);
  let loaded = 0;
  for (let at = 0; ; at++) {
    const code = filter.readUInt16LE(at * 8);
    const value = filter.readUInt32LE(at * 8 + 4);
    const jump = (isTrue: boolean) => (at += filter.readUInt8(at * 8 + (isTrue ? 2 : 3)));
    if (code === 0x20) loaded = data.readUInt32LE(value);
    else if (code === 0x15) jump(loaded === value);
    else if (code === 0x35) jump(loaded >= value);
    else if (code === 0x45) jump((loaded & value) !== 0);
    else if (code === 0x06) {
      if (value === 0x7fff0000) return ALLOWED;
      return value >>> 16 === 5 ? `errno ${value & 0xffff}` : "killed";
    } else throw new Error(`no such instruction: ${code}`);
  }
}

test.each(["x64", "arm64"] as const)(
  "on %s sockets are of kinds that a namespace holds",
  (arch) => {
    const filter = seccompFilter(true, arch)!;
    const numbers = NUMBERS[arch];
    const call = (name: keyof typeof numbers, ...args: number[]) =>
      verdict(filter, AUDIT_ARCH[arch], numbers[name], args);
    expect(call("read", 3)).toBe(ALLOWED);
    expect(call("ptrace")).toBe(EPERM);
    const [UNIX, INET, NETLINK, PACKET, TIPC, VSOCK] = [1, 2, 16, 17, 30, 40] as const;
    expect([UNIX, INET, NETLINK].map((family) => call("socket", family, 1, 0))).toEqual([
      ALLOWED,
      ALLOWED,
      ALLOWED,
    ]);
    expect([PACKET, TIPC, VSOCK].map((family) => call("socket", family, 1, 0))).toEqual([
      EAFNOSUPPORT,
      EAFNOSUPPORT,
      EAFNOSUPPORT,
    ]);
    expect(call("socketpair", UNIX, 1, 0)).toBe(ALLOWED);
    for (const family of [0, INET, 10, NETLINK, PACKET, TIPC, 31, VSOCK, 44]) {
      expect(call("socketpair", family, 1, 0), `family ${family}`).toBe(EAFNOSUPPORT);
    }
  },
);

test("calls by another architecture's numbers end the program, and x32's are not there", () => {
  const filter = seccompFilter(true, "x64")!;
  expect(verdict(filter, 0x40000003, 1, [])).toBe("killed");
  expect(verdict(filter, AUDIT_ARCH.x64, 0x40000000 + 41, [1, 1, 0])).toBe("errno 38");
  expect(seccompFilter(true, "riscv64")).toBeUndefined();
});
