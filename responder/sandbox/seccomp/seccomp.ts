import { SYSCALLS } from "./syscalls.ts";

// Classic BPF as seccomp takes it: linux/filter.h, linux/bpf_common.h, linux/seccomp.h.
const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const refuse = (errno: number) => 0x00050000 | errno;
const EPERM = 1;
const ENOSYS = 38;
const EPROTONOSUPPORT = 93;
const EAFNOSUPPORT = 97;

// Offsets in struct seccomp_data; the arguments' low halves, on a little-endian machine.
const NUMBER = 0;
const ARCH = 4;
const argument = (index: number) => 16 + 8 * index;

const X32_BIT = 0x40000000;
/** NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const NAMESPACE_FLAGS = 0x7e020000;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const UNIX = 1;
/** UNIX, INET, INET6, NETLINK. Other families, vsock above all, are not confined by a network namespace. */
const NETLINK = 16;
const SOCKET_FAMILIES = [UNIX, 2, 10, NETLINK];
/**
 * The family's default (for netlink: routes, which lists interfaces), ICMP, TCP, UDP, ICMPv6. Other protocols are
 * rarely used, often attacked, and some are loaded on request.
 */
const SOCKET_PROTOCOLS = [0, 1, 6, 17, 58];
/** The default, and the value that only asks. */
const PERSONALITIES = [0, 0xffffffff];

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

/**
 * The seccomp filter of a sandbox in the format of `bwrap --seccomp`; undefined on an architecture without a table of
 * system calls. `memoryIsCounted`: by a control group.
 */
export function seccompFilter(
  memoryIsCounted: boolean,
  arch: string = process.arch,
): Buffer | undefined {
  const calls = SYSCALLS[arch];
  if (calls === undefined) return undefined;

  const filter: Instruction[] = [
    [LOAD, 0, 0, ARCH],
    [JUMP_EQUAL, 1, 0, calls.auditArch],
    [RETURN, 0, 0, KILL_PROCESS],
    [LOAD, 0, 0, NUMBER],
  ];
  // x32 shares x86_64's architecture, and its numbers would slip past the table.
  if (arch === "x64") {
    filter.push([JUMP_AT_LEAST, 0, 1, X32_BIT], [RETURN, 0, 0, refuse(ENOSYS)]);
  }
  const refused = memoryIsCounted ? calls.refused : { ...calls.refused, ...calls.uncounted };
  for (const number of Object.values(refused)) filter.push(...when(number, EPERM));
  // Its flags are behind a pointer, which a filter can't follow: libc falls back to clone.
  filter.push(...when(calls.clone3, ENOSYS));
  filter.push(
    ...whenArgument(calls.clone, 0, [
      [JUMP_ANY_BIT, 0, 1, NAMESPACE_FLAGS],
      [RETURN, 0, 0, refuse(EPERM)],
    ]),
    ...whenArgument(calls.ioctl, 1, [
      [JUMP_EQUAL, 1, 0, TIOCSTI],
      [JUMP_EQUAL, 0, 1, TIOCLINUX],
      [RETURN, 0, 0, refuse(EPERM)],
    ]),
    ...whenArgument(calls.socket, 0, [
      ...refuseOthers(SOCKET_FAMILIES, EAFNOSUPPORT),
      [JUMP_EQUAL, 0, 3, NETLINK],
      [LOAD, 0, 0, argument(2)],
      ...refuseOthers([0], EPROTONOSUPPORT),
      [LOAD, 0, 0, argument(2)],
      ...refuseOthers(SOCKET_PROTOCOLS, EPROTONOSUPPORT),
    ]),
    // TIPC makes pairs, too, and asking for any other family loads its module before it is refused.
    ...whenArgument(calls.socketpair, 0, refuseOthers([UNIX], EAFNOSUPPORT)),
    ...whenArgument(calls.personality, 0, refuseOthers(PERSONALITIES, EPERM)),
    [RETURN, 0, 0, ALLOW],
  );
  return assemble(filter);
}

function when(number: number, errno: number): Instruction[] {
  return [
    [JUMP_EQUAL, 0, 1, number],
    [RETURN, 0, 0, refuse(errno)],
  ];
}

/** Checks one argument of one call; a value that passes all `checks` is allowed. */
function whenArgument(number: number, index: number, checks: Instruction[]): Instruction[] {
  const body: Instruction[] = [[LOAD, 0, 0, argument(index)], ...checks, [RETURN, 0, 0, ALLOW]];
  return [[JUMP_EQUAL, 0, body.length, number], ...body];
}

function refuseOthers(values: readonly number[], errno: number): Instruction[] {
  const checks = values.map((value, index): Instruction => {
    const pastTheRefusal = values.length - index;
    return [JUMP_EQUAL, pastTheRefusal, 0, value];
  });
  return [...checks, [RETURN, 0, 0, refuse(errno)]];
}

function assemble(filter: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(filter.length * 8);
  for (const [index, [code, ifTrue, ifFalse, value]] of filter.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  }
  return bytes;
}
