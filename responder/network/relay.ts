import { connect, type Socket } from "node:net";

/** A connection handler that relays each connection to the unix socket at `path`. */
export function relayTo(path: string): (near: Socket) => void {
  return (near) => {
    const far = connect({ path, allowHalfOpen: true });
    near.pipe(far).pipe(near);
    near.on("error", () => far.destroy()).on("close", () => far.destroy());
    far.on("error", () => near.destroy()).on("close", () => near.destroy());
  };
}
