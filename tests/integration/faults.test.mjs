/** What breaks underneath: Redis killed, Redis away, a stop, a crash. DESIGN.md promise 3; PROTOCOL.md 1, 2, 4. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Child, Gateway, ownRedis, Staff, talk } from "./kit.mjs";

/** The private redis-server of a gateway. */
function redisOf(gateway) {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      if (Number(stat.slice(stat.lastIndexOf(")") + 4).split(" ")[0]) === gateway.process.pid && stat.includes("(redis-server)")) return Number(pid);
    } catch { /* gone meanwhile */ }
  }
  throw new Error("no redis-server under the gateway");
}
const numbers = (history) => history.filter((f) => f.t === "said").map((f) => [f.sender, f.n]);
/** A client as PROTOCOL.md 4 wants it: the same bytes again until they are acknowledged. */
async function sayUntilAcked(child, frame) {
  for (;;) {
    const answer = await child.ask(frame);
    if (answer.t === "ack") return answer;
    assert.equal(answer.code, "busy");
    assert.ok(answer.retry_s >= 1);
    await child.next((f) => f.t === "line" && f.ok);
  }
}

test("kill -9 of the private Redis: line false, line true, the talk goes on, nothing lost or doubled", async () => {
  const gateway = await Gateway.start();
  try {
    const { child, staff, conversation } = await talk(gateway, "r1");
    for (let i = 0; i < 10; i++) await child.say(`før ${i}`);
    const waiting = await gateway.child();
    process.kill(redisOf(gateway), "SIGKILL");
    for (const side of [child, staff, waiting]) assert.equal((await side.next("line")).ok, false);
    const frame = child.sealed(++child.n, { kind: "text", text: "midt i det" });
    child.send({ ...frame, re: "first" });
    const answer = await child.next((f) => f.re === "first");
    if (answer.t !== "ack") {
      assert.equal(answer.code, "busy");
      await child.next((f) => f.t === "line" && f.ok);
    }
    await sayUntilAcked(child, frame);
    await staff.next((f) => f.t === "line" && f.ok);
    await waiting.next((f) => f.t === "line" && f.ok);
    await child.say("efter");
    await staff.next((f) => f.t === "said" && f.n === child.n);
    assert.deepEqual(numbers(staff.history), Array.from({ length: child.n }, (_, i) => ["child", i + 1]));
    await staff.say(conversation, "stadig her");
    assert.equal(child.read(await child.next("said")).text, "stadig her");
    const place = await waiting.say("jeg venter endnu");
    assert.ok(place.id);
    await child.ask({ t: "end" }, "ended");
  } finally {
    await gateway.end();
  }
});

test("Redis away: /readyz 503, /healthz and the page answer, enter and say are busy; then all goes on", async () => {
  const redis = await ownRedis();
  const gateway = await Gateway.start({ redis: redis.url });
  const { child, staff, conversation } = await talk(gateway, "r2");
  assert.equal((await gateway.fetch("/readyz")).status, 200);
  await redis.end();
  for (const side of [child, staff]) assert.equal((await side.next("line")).ok, false);
  assert.equal((await gateway.fetch("/readyz")).status, 503);
  assert.equal((await gateway.fetch("/healthz")).status, 200);
  assert.equal((await gateway.fetch("/")).status, 200);
  const busy = await child.ask(child.sealed(child.n + 1, { kind: "text", text: "hallo" }));
  assert.deepEqual([busy.t, busy.code, busy.retry_s >= 1], ["error", "busy", true]);
  const other = await staff.ask({ t: "say", conversation, n: 1, body: "A".repeat(379) });
  assert.equal(other.code, "busy");
  const fresh = new Child(gateway);
  assert.equal((await fresh.greet()).state, "new");
  assert.equal((await fresh.ask({ t: "enter" })).code, "busy");
  assert.match(await gateway.metrics(), /^indgang_store_up 0$/m);
  await gateway.end();
});

test("SIGTERM: 4503, a clean exit; the child resumes at the next start, where its place and talk still are", async () => {
  let gateway = await Gateway.start();
  try {
    const { child, staff, conversation } = await talk(gateway, "r3");
    await child.say("før genstart");
    const ack = await staff.say(conversation, "også før");
    const waiting = await gateway.child();
    await gateway.stop();
    for (const side of [child, staff, waiting]) assert.equal((await side.closed).code, 4503);
    gateway = await Gateway.start({ state: gateway.state });
    for (const side of [child, waiting]) side.gateway = gateway;
    assert.equal((await waiting.resume()).state, "waiting");
    assert.equal((await waiting.next("queue")).position, 1);
    const welcome = await child.resume();
    assert.deepEqual([welcome.state, welcome.n], ["paired", 2]);
    assert.equal((await child.next((f) => f.t === "said" && f.from === "staff")).id, ack.id);
    const back = new Staff(gateway, await gateway.signIn("r3"), staff);
    const listed = (await back.greet()).conversations;
    assert.deepEqual(listed.map((t) => [t.conversation, t.n]), [[conversation, 1]]);
    await child.say("efter genstart");
    const heard = await back.next((f) => f.t === "said" && f.n === 3);
    assert.equal(back.read(heard).text, "efter genstart");
    await child.ask({ t: "end" }, "ended");
  } finally {
    await gateway.end();
  }
});

test("kill -9 of the gateway: started again on the same state, what was acknowledged is all there", async () => {
  let gateway = await Gateway.start();
  try {
    const { child } = await talk(gateway, "r4");
    for (let i = 0; i < 20; i++) await child.say(`ord ${i}`);
    gateway.process.kill("SIGKILL");
    await gateway.ended;
    await child.closed;
    gateway = await Gateway.start({ state: gateway.state });
    child.gateway = gateway;
    const welcome = await child.resume();
    assert.deepEqual([welcome.state, welcome.n], ["paired", 21]);
    await child.next((f) => f.t === "said" && f.n === 21);
    assert.deepEqual(numbers(child.history), Array.from({ length: 21 }, (_, i) => ["child", i + 1]));
    await child.ask({ t: "end" }, "ended");
  } finally {
    await gateway.end();
  }
});
