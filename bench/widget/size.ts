import { widgetSizes } from "../../setup/widget-sizes.ts";
import type { Bench } from "../figure.ts";
import { fetchPeers, peerBytes } from "./peers.ts";

export const widgetSize: Bench = {
  name: "widget-size",
  summary: "The loader, the element and each of its parts on the wire, beside codapi-js and thebe.",
  async run() {
    const peers = await Promise.all(
      (await fetchPeers()).map(async (peer) => `${peer.name} ${await peerBytes(peer)}`),
    );
    const beside = peers.length > 0 ? `${peers.join(", ")} before a press` : "no peer fetched";
    return (await widgetSizes()).map(({ name, bytes, bound }) => ({
      name: `element: ${name}`,
      measured: "bytes of Brotli",
      beside: name === "before a press" ? beside : "",
      value: bytes,
      bound,
      unit: " B",
    }));
  },
};
