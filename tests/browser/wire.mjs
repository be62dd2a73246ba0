/**
 * tests/browser/wire.mjs: a TCP line between a browser and the gateway that a test can cut and mend.
 *
 * The browser knows only this port, so Host and Origin are the line's: the gateway is told them as its own (`origins`).
 */
import { connect, createServer } from "node:net";

export class Wire {
  static async open() {
    const wire = new Wire();
    wire.pairs = new Set();
    wire.whole = true;
    wire.deaf = false;
    wire.server = createServer((near) => wire.#join(near));
    await new Promise((done) => wire.server.listen(0, "127.0.0.1", done));
    wire.port = wire.server.address().port;
    wire.origin = `http://127.0.0.1:${wire.port}`;
    return wire;
  }
  #join(near) {
    near.on("error", () => {});
    if (!this.whole) return void near.destroy();
    const far = connect(this.to, "127.0.0.1");
    const pair = [near, far];
    this.pairs.add(pair);
    far.on("error", () => {});
    near.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes) => this.deaf || near.write(bytes));
    for (const [one, other] of [pair, [far, near]]) {
      one.on("close", () => {
        other.destroy();
        this.pairs.delete(pair);
      });
    }
  }
  cut() {
    this.whole = false;
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }
  /** What the gateway says gets lost from now on; what the browser says arrives. */
  deafen() {
    this.deaf = true;
  }
  mend() {
    this.whole = true;
    this.deaf = false;
  }
  close() {
    this.cut();
    this.server.close();
  }
}
