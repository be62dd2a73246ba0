/**
 * tests/client/raw.mjs: bytes on a TCP socket, for what no library would send.
 *
 * A WebSocket here is what RFC 6455 says a peer may try: every bit of a frame's head can be chosen. The one hard thing is
 * knowing when an answer is whole: HTTP by Content-Length, frames by their heads, everything else by the socket's end.
 */
import { connect } from "node:net";
import { within } from "../integration/kit.mjs";

export class Raw {
  bytes = Buffer.alloc(0);
  over = false;
  #waiting = [];
  static async to(gateway, port = gateway.port) {
    const raw = new Raw();
    raw.socket = connect(port, "127.0.0.1");
    raw.socket.setNoDelay(true);
    raw.socket.on("data", (data) => raw.#more(data));
    raw.socket.on("error", () => {});
    raw.ended = new Promise((yes) => raw.socket.on("close", () => {
      raw.over = true;
      raw.#more(Buffer.alloc(0));
      yes();
    }));
    await within(new Promise((yes) => raw.socket.on("connect", yes)), () => "no connection");
    return raw;
  }
  #more(data) {
    this.bytes = Buffer.concat([this.bytes, data]);
    this.#waiting = this.#waiting.filter((look) => !look());
  }
  /** The end of the TCP connection. */
  get closed() { return within(this.ended, () => `still open after ${JSON.stringify(this.bytes.toString("latin1").slice(0, 300))}`); }
  write(bytes) {
    this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    return this;
  }
  end() {
    this.socket.destroy();
    return this.ended;
  }
  /** What `take` makes of the bytes so far, as soon as it makes something; null when the socket ends first. */
  until(take) {
    let done;
    const answer = new Promise((yes) => { done = yes; });
    const look = () => {
      const got = take();
      if (got === undefined && !this.over) return false;
      done(got ?? null);
      return true;
    };
    if (!look()) this.#waiting.push(look);
    return within(answer, () => `after ${JSON.stringify(this.bytes.toString("latin1").slice(0, 300))}`);
  }
  /** One HTTP answer, or null for a socket that ends without. */
  answer({ head = false } = {}) {
    return this.until(() => {
      const end = this.bytes.indexOf("\r\n\r\n");
      if (end < 0) return undefined;
      const [first, ...lines] = this.bytes.subarray(0, end).toString("latin1").split("\r\n");
      const headers = {};
      for (const line of lines) {
        const at = line.indexOf(":");
        const name = line.slice(0, at).toLowerCase();
        headers[name] = (name in headers ? `${headers[name]}\n` : "") + line.slice(at + 1).trim();
      }
      const status = Number(first.split(" ")[1]);
      const length = head || status === 101 || status === 204 ? 0 : Number(headers["content-length"] ?? 0);
      if (this.bytes.length < end + 4 + length) return undefined;
      const body = this.bytes.subarray(end + 4, end + 4 + length);
      this.bytes = this.bytes.subarray(end + 4 + length);
      return { status, headers, body: body.toString() };
    });
  }
  /** One WebSocket frame from the gateway: {op, payload}, for a close also {code}; null when TCP ends. */
  frame() {
    return this.until(() => {
      const b = this.bytes;
      if (b.length < 2) return undefined;
      const kind = { 126: 2, 127: 8 }[b[1] & 127] ?? 0;
      const at = 2 + kind;
      if (b.length < at) return undefined;
      const length = kind === 0 ? b[1] & 127 : kind === 2 ? b.readUInt16BE(2) : Number(b.readBigUInt64BE(2));
      if (b.length < at + length) return undefined;
      const payload = b.subarray(at, at + length);
      this.bytes = b.subarray(at + length);
      const op = b[0] & 15;
      return { op, payload, text: payload.toString(), ...(op === 8 && length >= 2 ? { code: payload.readUInt16BE(0) } : {}) };
    });
  }
  /** The close that comes, past any other frames: its code, or "X" when TCP just ends. */
  async closeCode() {
    for (;;) {
      const frame = await this.frame();
      if (frame === null) return "X";
      if (frame.op === 8) return frame.code;
    }
  }
  /** The next JSON message; {closed} for a close, null for the end of TCP. */
  async json() {
    for (;;) {
      const frame = await this.frame();
      if (frame === null) return null;
      if (frame.op === 8) return { closed: frame.code };
      if (frame.op === 1) return JSON.parse(frame.text);
    }
  }
}

/** One request as bytes: {answer (or null), raw}. */
export async function ask(gateway, bytes, { head, port } = {}) {
  const raw = await Raw.to(gateway, port);
  raw.write(bytes);
  const answer = await raw.answer({ head });
  return { answer, raw };
}

/** The handshake of a client, with what is to be different; a header that is null is left out. */
export function handshake(gateway, { method = "GET", path = "/ws/child", version = "HTTP/1.1", headers = {}, more = "" } = {}) {
  const all = {
    Host: gateway.host, Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": path === "/ws/staff" ? "indgang.staff.v1" : "indgang.child.v1",
    Origin: gateway.origin, ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} ${version}\r\n${lines.join("")}${more}\r\n`;
}

/** A frame of a client. `length`: what its head claims; `wide`: 2 or 8 bytes of length though fewer would do. */
export function frame(payload, { op = 1, fin = true, rsv = 0, mask = Buffer.from([1, 2, 3, 4]), length, wide } = {}) {
  const data = Buffer.from(payload);
  const claimed = BigInt(length ?? data.length);
  const kind = wide ?? (claimed < 126n ? 0 : claimed < 65536n ? 2 : 8);
  const head = Buffer.alloc(2 + kind);
  head[0] = (fin ? 128 : 0) | (rsv << 4) | op;
  head[1] = kind === 0 ? Number(claimed) : kind === 2 ? 126 : 127;
  if (kind === 2) head.writeUInt16BE(Number(claimed), 2);
  if (kind === 8) head.writeBigUInt64BE(claimed, 2);
  if (mask === null) return Buffer.concat([head, data]);
  head[1] |= 128;
  return Buffer.concat([head, mask, data.map((byte, i) => byte ^ mask[i % 4])]);
}

/** A child's socket after the handshake; `hello` said and answered unless told otherwise. */
export async function socket(gateway, { greet = true, ...more } = {}) {
  const raw = await Raw.to(gateway);
  raw.write(handshake(gateway, more));
  const answer = await raw.answer();
  if (answer?.status !== 101) throw new Error(`no 101: ${JSON.stringify(answer)}`);
  raw.agreed = answer.headers;
  if (greet) {
    raw.write(frame('{"t":"hello","v":1}'));
    raw.welcome = await raw.json();
  }
  return raw;
}
