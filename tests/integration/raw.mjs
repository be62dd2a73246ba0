/** tests/integration/raw.mjs: bytes as they are, for what no well-behaved client can send. */
import { connect } from "node:net";
import { randomBytes } from "node:crypto";
import { within } from "./kit.mjs";

/** A TCP connection: `send`, `answer` (everything until it closes or until `until` fits), `closed`. */
export class Raw {
  text = "";
  constructor(gateway) {
    this.socket = connect(gateway.port, "127.0.0.1");
    this.socket.setNoDelay(true);
    this.bytes = Buffer.alloc(0);
    this.closed = new Promise((yes) => this.socket.on("close", yes));
    this.socket.on("error", () => {});
    this.socket.on("data", (chunk) => {
      this.bytes = Buffer.concat([this.bytes, chunk]);
      this.text = this.bytes.toString("latin1");
      this.heard?.();
    });
  }
  send(bytes) { this.socket.write(bytes, "latin1"); }
  async until(test) {
    await within(new Promise((yes) => {
      this.heard = () => test(this.text, this.bytes) && yes();
      this.closed.then(yes);
      this.heard();
    }), () => this.text.slice(0, 400));
    return this.text;
  }
  end() { this.socket.destroy(); }
}

/** Sends a request and returns its status (0: closed without an answer), and whether the connection was closed. */
export async function request(gateway, bytes) {
  const raw = new Raw(gateway);
  raw.send(bytes);
  const text = await raw.until((t) => t.includes("\r\n\r\n"));
  raw.end();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
}

export const upgrade = (gateway, { path = "/ws/child", protocol = "indgang.child.v1", method = "GET", version = "HTTP/1.1", host, origin, key, ws = "13", upgrade: to = "websocket", more = "" } = {}) =>
  `${method} ${path} ${version}\r\nHost: ${host ?? gateway.host}\r\nUpgrade: ${to}\r\nConnection: Upgrade\r\n${key === null ? "" : `Sec-WebSocket-Key: ${key ?? randomBytes(16).toString("base64")}\r\n`}${ws === null ? "" : `Sec-WebSocket-Version: ${ws}\r\n`}${protocol === null ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`}${origin === null ? "" : `Origin: ${origin ?? gateway.origin}\r\n`}${more}\r\n`;

/** A client frame, masked unless told otherwise. */
export function frame(opcode, payload, { fin = true, masked = true, rsv = 0, length } = {}) {
  const body = Buffer.from(payload);
  const n = length ?? body.length;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const bit = masked ? 0x80 : 0;
  if (n < 126) head.push(bit | n);
  else if (n < 65536) head.push(bit | 126, n >> 8, n & 255);
  else {
    head.push(bit | 127);
    const big = Buffer.alloc(8);
    big.writeBigUInt64BE(BigInt(n));
    head.push(...big);
  }
  if (!masked) return Buffer.concat([Buffer.from(head), body]);
  const mask = randomBytes(4);
  return Buffer.concat([Buffer.from(head), mask, body.map((byte, i) => byte ^ mask[i % 4])]);
}

/** An upgraded raw socket; `frames()` are those of the server since the handshake. */
export async function socket(gateway, options) {
  const raw = new Raw(gateway);
  raw.send(upgrade(gateway, options));
  await raw.until((t) => t.includes("\r\n\r\n"));
  raw.start = raw.text.indexOf("\r\n\r\n") + 4;
  raw.frames = () => {
    const out = [];
    let at = raw.start;
    while (at + 2 <= raw.bytes.length) {
      let n = raw.bytes[at + 1] & 127;
      let head = 2;
      if (n === 126) {
        n = raw.bytes.readUInt16BE(at + 2);
        head = 4;
      }
      if (at + head + n > raw.bytes.length) break;
      const payload = raw.bytes.subarray(at + head, at + head + n);
      out.push({ opcode: raw.bytes[at] & 15, payload, text: payload.toString(), code: (raw.bytes[at] & 15) === 8 && n >= 2 ? payload.readUInt16BE(0) : undefined });
      at += head + n;
    }
    return out;
  };
  /** Waits for a frame that fits, or for the end of the connection (undefined). */
  raw.next = async (test) => {
    await raw.until(() => raw.frames().some(test));
    return raw.frames().find(test);
  };
  raw.closeCode = async () => (await raw.next((f) => f.opcode === 8))?.code ?? 0;
  return raw;
}
