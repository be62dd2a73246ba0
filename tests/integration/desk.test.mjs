/** The duty desk: order, offers, capacity, duty, places; with one process and with two. DESIGN.md "A child arrives"; PROTOCOL.md 2 and 3. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Child, Gateway, ownRedis, talk } from "./kit.mjs";

let gateway;
before(async () => { gateway = await Gateway.start({ yaml: "keep:\n  offer_s: 5\n  reask_s: 1\n  duty_s: 1\n" }); });
afterEach(() => gateway.tidy());
after(() => gateway.end());

test("place and expected wait are told, the wait null while unknown (chatwoot-10059, -8047)", async () => {
  const first = new Child(gateway);
  await first.greet();
  const place = await first.enter();
  assert.deepEqual([place.position, place.wait_s, place.on_duty, place.pool], [1, null, 0, "faelles"]);
  const second = new Child(gateway);
  await second.greet();
  assert.equal((await second.enter()).position, 2);
  await first.ask({ t: "leave" }, "left");
  const moved = await second.next("queue");
  assert.deepEqual([moved.position, moved.wait_s], [1, null]);
});

test("urgent goes first; who waits longest is next (queue order)", async () => {
  const calm = await gateway.child({ topic: "calm" });
  await gateway.child({ topic: "later" });
  const urgent = await gateway.child({ topic: "urgent", urgent: true });
  const staff = await gateway.professional("order", { capacity: 1 });
  const seen = [];
  for (const child of [urgent, calm]) {
    const offer = await staff.next("offer");
    seen.push(offer.waiting.topic);
    await Promise.all([staff.ask({ t: "accept", offer: offer.offer }, "paired"), child.meet()]);
    await child.ask({ t: "end" }, "ended");
  }
  assert.deepEqual(seen, ["urgent", "calm"]);
});

test("an offer that is passed on goes to the next; one that expires too; nobody else: asked again (L34)", async () => {
  const one = await gateway.professional("one", { capacity: 1 });
  await gateway.child({ topic: "home" });
  const first = await one.next("offer");
  assert.equal(first.expires_s, 5);
  const two = await gateway.professional("two", { capacity: 1 });
  await one.ask({ t: "decline", offer: first.offer }, "declined");
  const second = await two.next("offer");
  assert.notEqual(second.offer, first.offer);
  assert.equal((await one.ask({ t: "accept", offer: first.offer })).code, "not_found"); // H120
  assert.equal((await one.ask({ t: "accept", offer: second.offer })).code, "not_found");
  const gone = await two.next("withdrawn"); // nobody answers
  assert.deepEqual([gone.offer, gone.why], [second.offer, "expired"]);
  const third = await Promise.race([one.next("offer"), two.next("offer")]);
  assert.ok(third.offer);
});

test("beyond capacity nothing is offered, and nothing can be taken; room brings the next (chatwoot-1198, -11034, -13050)", async () => {
  const { child, staff } = await talk(gateway, "full");
  await staff.ask({ t: "duty", on: true, capacity: 1 }, "duty");
  const waiting = await gateway.child({ topic: "home" });
  await staff.settle();
  assert.equal((await waiting.ask({ t: "got", id: `${"1".repeat(13)}-000000` }).catch(() => ({}))).code, undefined);
  assert.ok(!staff.history.some((f) => f.t === "offer" && f.waiting.topic === "home"));
  await child.ask({ t: "end" }, "ended");
  assert.equal((await staff.next((f) => f.t === "offer" && f.waiting.topic === "home")).waiting.topic, "home");
});

test("closing the window: open offers move on at once, duty ends after its time (lhc-552)", async () => {
  const one = await gateway.professional("leaver", { capacity: 1 });
  await gateway.child({ topic: "home" });
  await one.next("offer");
  const two = await gateway.professional("stayer", { capacity: 1, role: "professional,coordinator" });
  await one.cut();
  assert.equal((await two.next("offer")).waiting.topic, "home");
  await two.next((f) => f.t === "board" && f.on_duty === 1);
});

test("off duty: open offers are withdrawn and go to the next, talks go on", async () => {
  const { child, staff, conversation } = await talk(gateway, "off");
  await gateway.child({ topic: "home" });
  const offer = await staff.next((f) => f.t === "offer" && f.waiting.topic === "home");
  const duty = await staff.ask({ t: "duty", on: false }, "duty");
  assert.equal(duty.on, false);
  assert.deepEqual(await staff.next("withdrawn"), { t: "withdrawn", offer: offer.offer, why: "off_duty" });
  await staff.say(conversation, "vi to er her stadig");
  assert.equal(child.read(await child.next("said")).text, "vi to er her stadig");
});

test("leave in the instant of pairing has one outcome on both sides (H122)", async () => {
  const staff = await gateway.professional("instant", { capacity: 6 });
  for (let i = 0; i < 8; i++) {
    const child = await gateway.child();
    const offer = await staff.next("offer");
    const [left, paired] = await Promise.all([child.ask({ t: "leave" }), staff.ask({ t: "accept", offer: offer.offer })]);
    assert.equal(left.t === "left", paired.t !== "paired", `${JSON.stringify(left)} ${JSON.stringify(paired)}`);
    if (paired.t === "paired") {
      await child.next("paired");
      await child.ask({ t: "end" }, "ended");
    }
  }
});

test("a child whose pool is closed hears when it opens and whom to call", async () => {
  const closed = await Gateway.start({ yaml: "pools:\n  - id: nat\n    name: Nat\n    hours: [never]\n" });
  try {
    const child = new Child(closed);
    await child.greet();
    const answer = await child.ask({ t: "enter" }, "closed");
    assert.equal(answer.opens, null);
    assert.ok(answer.call.some((c) => c.number === "116 111"));
    assert.equal((await child.ask({ t: "leave" })).code, "not_now");
  } finally {
    await closed.end();
  }
});

test("a process dies: its waiting child keeps its place and is served by the other, once", async () => {
  const redis = await ownRedis();
  const [a, b] = await Promise.all([Gateway.start({ redis: redis.url }), Gateway.start({ redis: redis.url })]);
  try {
    const child = await a.child({ topic: "home" });
    a.process.kill("SIGKILL");
    await a.ended;
    const moved = new Child(b);
    Object.assign(moved, { token: child.token, k: child.k, conversation: child.conversation, n: child.n });
    assert.equal((await moved.resume()).state, "waiting");
    assert.equal((await moved.next("queue")).position, 1);
    const staff = await b.professional("survivor", { capacity: 2 });
    await Promise.all([staff.accept(), moved.meet()]);
    await staff.next("key");
    assert.equal(staff.read(await staff.next("said")).kind, "start");
  } finally {
    await b.end();
    await redis.end();
  }
});
