/**
 * tests/load/ws-relay.mjs PORT REDIS-SOCKET [CERT KEY]: what one writes in an afternoon: Node, `ws`, and XADD + PUBLISH.
 * A message goes to the other side, and "ack N" back, once Redis has answered XADD.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect } from "node:net";
import { WebSocketServer } from "ws";

const [port, socket, cert, key] = process.argv.slice(2);
const redis = connect(socket);
const owed = []; // given to Redis, not answered yet
const seats = new Map(); // "PAIR/SIDE" -> socket
let lines = 0; // three a message: "$15", the id, ":0" of PUBLISH
let half = "";

redis.setEncoding("latin1").on("data", (data) => {
  const parts = (half + data).split("\r\n");
  half = parts.pop();
  for (const line of parts) {
    if (line.startsWith("-")) throw new Error(line);
    if (++lines % 3 !== 2) continue;
    const { text, from, pair, side } = owed.shift();
    seats.get(`${pair}/${1 - side}`)?.send(text);
    from.send(`ack ${text.slice(0, 10)}`);
  }
});

const command = (...words) => `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
const server = cert ? createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }) : createServer();
new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (from, request) => {
  const [, pair, side] = request.url.match(/^\/r\/(\d+)\/([01])$/);
  seats.set(`${pair}/${side}`, from);
  from.on("message", (data) => {
    const text = data.toString();
    owed.push({ text, from, pair, side });
    redis.write(command("XADD", `talk:${pair}`, "*", "b", text) + command("PUBLISH", "bell", `talk:${pair}`));
  });
});
server.listen(Number(port), "127.0.0.1");
