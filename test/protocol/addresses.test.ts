import { describe, expect, test } from "vitest";
import { isPublicAddress, isServerAddress } from "../../protocol/addresses.ts";
import { destination } from "../../responder/network/destination.ts";

// The server checks an address when it is given, the responder when it connects: both by this table.

const CLOSED = [
  ...["0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254"],
  ...["169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.168.0.1"],
  ...["192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.9"],
  ...["100.100.100.200", "168.63.129.16", "224.0.0.1", "240.0.0.1", "255.255.255.255"],
  ...["::", "::1", "::7f00:1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"],
  ...["::ffff:0:7f00:1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"],
  ...["64:ff9b:1::1", "100::1", "2001::7f00:1", "2001:db8::1", "2002:7f00:1::", "3fff::1"],
  ...["4000::1", "5f00::1", "8000::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1"],
  // Other ways to write 127.0.0.1, for whoever hands them on to a resolver.
  ...["0x7f.0.0.1", "0177.0.0.1", "2130706433", "127.1", "localhost", ""],
];
const OPEN = [
  ...["1.1.1.1", "8.8.8.8", "93.184.215.14", "172.32.0.1", "100.128.0.1", "169.253.0.1"],
  ...["2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"],
];

describe("which addresses are public", () => {
  test.each(CLOSED)("%j is not", async (address) => {
    expect(isPublicAddress(address)).toBe(false);
    const rules = { allowPrivate: false, server: { host: "runner.example", port: 443 } };
    const reached = destination("some.example", 80, { ...rules, lookUp: async () => [address] });
    await expect(reached).rejects.toThrow("is not reached from here");
  });

  test.each(OPEN)("%s is", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

test("where private addresses are allowed, those of metadata services and of nobody are not", () => {
  const open = [...OPEN, "127.0.0.1", "10.0.0.1", "192.168.0.1", "::1", "fd00::1"];
  const closed = [
    ...["0.0.0.0", "169.254.169.254", "192.0.0.192", "100.100.100.200", "168.63.129.16"],
    ...[
      "fd00:ec2::254",
      "fd20:ce::254",
      "fe80::1",
      "ff02::1",
      "::ffff:169.254.169.254",
      "localhost",
    ],
  ];
  expect(open.filter((address) => !isServerAddress(address))).toEqual(["64:ff9b::808:808"]);
  expect(closed.filter(isServerAddress)).toEqual([]);
});
