/** A talk from the first frame to the last, resumed, repeated, ended; several at once; two processes. PROTOCOL.md 1 to 5. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Child, Gateway, ownRedis, Staff, talk } from "./kit.mjs";

let gateway;
before(async () => { gateway = await Gateway.start({ yaml: "keep:\n  away_s: 1\n" }); });
afterEach(() => gateway.tidy());
after(() => gateway.end());

test("a talk: words both ways, seen, typing, end", async () => {
  const { child, staff, conversation } = await talk(gateway, "t1", { topic: "home", mood: 2, urgent: true, municipality: "0751" });
  assert.equal(staff.history.find((f) => f.t === "offer").waiting.topic, "home");
  const start = await staff.next("said");
  assert.equal(staff.read(start).kind, "start");
  await child.say("hej");
  const heard = await staff.next("said");
  assert.deepEqual(staff.read(heard), { kind: "text", text: "hej" });
  assert.equal(heard.n, 2);
  staff.send({ t: "got", conversation, id: heard.id });
  assert.equal((await child.next((f) => f.t === "seen" && f.id === heard.id)).id, heard.id);
  staff.send({ t: "typing", conversation, on: true });
  assert.equal((await child.next("typing")).on, true);
  await staff.say(conversation, "hej tilbage");
  const answer = await child.next("said");
  assert.deepEqual(child.read(answer), { kind: "text", text: "hej tilbage" });
  assert.equal(answer.alias, "En voksen");
  await child.say("sidste ord");
  await child.ask({ t: "end" }, "ended");
  assert.deepEqual(staff.read(await staff.next("said")), { kind: "text", text: "sidste ord" });
  assert.equal((await staff.next("ended")).by, "child");
  assert.equal((await child.ask({ t: "say", n: 9, body: "A".repeat(379) })).code, "not_now");
  await child.ask({ t: "feedback", heard: 5 }, "thanks");
  assert.equal((await child.ask({ t: "feedback", heard: 5 })).code, "not_now"); // L26
});

test("what a waiting child said is there at pairing, in order (rocketchat-2772)", async () => {
  const child = await gateway.child();
  await child.say("en");
  await child.say("to");
  const staff = await gateway.professional("t2", { capacity: 1 });
  await Promise.all([staff.accept(), child.meet()]);
  await staff.next("key");
  const said = [await staff.next("said"), await staff.next("said"), await staff.next("said")];
  assert.deepEqual(said.map((s) => s.n), [1, 2, 3]);
  assert.ok(said[0].id < said[1].id && said[1].id < said[2].id);
  assert.equal(new Set(said.map((s) => s.id.length)).size, 1);
  await child.ask({ t: "end" }, "ended");
});

test("sent twice on a weak line is one message (chatwoot-9314); a gap is refused", async () => {
  const { child, staff } = await talk(gateway, "t3");
  await staff.next("said");
  const frame = child.sealed(++child.n, { kind: "text", text: "kun én gang" });
  const first = await child.ask(frame, "ack");
  const again = await child.ask(child.sealed(child.n, { kind: "text", text: "andre ord" }), "ack"); // H117
  assert.deepEqual([again.id, again.time], [first.id, first.time]);
  const gap = await child.ask({ ...frame, n: 7 }, "error");
  assert.deepEqual([gap.code, gap.expected], ["gap", 3]);
  assert.deepEqual(staff.read(await staff.next("said")), { kind: "text", text: "kun én gang" });
  await child.say("og så videre");
  assert.equal((await staff.next("said")).n, 3);
  await staff.ask({ t: "end", conversation: child.conversation }, "ended");
});

test("resume: the waiting child keeps its place and its words (onlineberatung-178)", async () => {
  const first = await gateway.child();
  const second = await gateway.child();
  const told = await second.say("mine ord");
  await second.cut();
  const welcome = await second.resume();
  assert.equal(welcome.state, "waiting");
  assert.equal(welcome.n, 2);
  assert.equal(welcome.conversation, second.conversation);
  assert.equal((await second.next("queue")).position, 2);
  assert.equal((await second.next((f) => f.t === "said" && f.n === 2)).id, told.id);
  assert.deepEqual(await first.ask({ t: "leave" }), { t: "left", re: first.history.at(-1).re });
  assert.equal((await second.next("queue")).position, 1);
  await second.ask({ t: "leave" }, "left");
  assert.equal((await second.resume().catch(() => second.greet({ token: second.token }))).state, "new");
});

test("resume in a talk: after, everything later, one's own included; both sides hear away", async () => {
  const { child, staff, conversation } = await talk(gateway, "t4");
  const one = await child.say("en");
  await child.cut();
  assert.equal((await staff.next("away")).on, true);
  await staff.say(conversation, "er du der?");
  const welcome = await child.resume(one.id);
  assert.equal(welcome.state, "paired");
  assert.equal(welcome.n, 2);
  assert.ok(welcome.share);
  await child.next("paired");
  assert.deepEqual(child.read(await child.next("said")), { kind: "text", text: "er du der?" });
  assert.equal((await staff.next("away")).on, false);
  await child.cut();
  await child.resume();
  await child.next("paired");
  const all = [await child.next("said"), await child.next("said"), await child.next("said")];
  assert.deepEqual(all.map((s) => [s.from, s.n]), [["child", 1], ["child", 2], ["staff", 1]]);
  await child.ask({ t: "end" }, "ended");
});

test("a side that was away when it ended gets the words, then ended; later the token says so", async () => {
  const { child, staff, conversation } = await talk(gateway, "t5");
  await child.cut();
  await staff.say(conversation, "farvel");
  await staff.ask({ t: "end", conversation }, "ended");
  const welcome = await child.resume();
  assert.equal(welcome.state, "paired");
  assert.deepEqual(child.read(await child.next((f) => f.t === "said" && f.from === "staff")), { kind: "text", text: "farvel" });
  assert.equal((await child.next("ended")).by, "staff");
  await child.settle();
  await child.close();
  const later = await child.resume();
  assert.equal(later.state, "ended");
  assert.equal(later.share, undefined);
  assert.equal((await child.next("ended")).by, "staff");
});

test("two tabs: the newer takes over, the older hears 4409 (helpim-22, -40)", async () => {
  const { child, staff, conversation } = await talk(gateway, "t6");
  const older = child.closed;
  await child.resume();
  assert.equal((await older).code, 4409);
  await staff.say(conversation, "til den nye");
  assert.deepEqual(child.read(await child.next((f) => f.t === "said" && f.from === "staff")), { kind: "text", text: "til den nye" });
  const device = { ecdh: staff.ecdh, public: staff.public };
  const again = new Staff(gateway, staff.cookie, device);
  await again.greet();
  assert.equal((await staff.closed).code, 4409);
  await child.ask({ t: "end" }, "ended");
});

test("quick exit: token and place are gone at once, staff are told, the socket closes with 1000", async () => {
  const { child, staff } = await talk(gateway, "t7");
  child.send({ t: "exit" });
  assert.equal((await child.closed).code, 1000);
  assert.equal((await staff.next("ended")).by, "exit");
  assert.equal((await child.resume()).state, "new");
  const waiting = await gateway.child();
  waiting.send({ t: "exit" });
  assert.equal((await waiting.closed).code, 1000);
  assert.equal((await waiting.resume()).state, "new");
});

test("a second device of the same professional gets the key and the talk", async () => {
  const { child, staff, conversation } = await talk(gateway, "t8");
  const other = new Staff(gateway, staff.cookie);
  await other.greet();
  const device = await child.next("device");
  assert.equal(device.why, "new_device");
  await child.key(device.device, device.key);
  await other.next("key");
  assert.equal(other.read(await other.next("said")).kind, "start");
  await other.say(conversation, "fra den anden");
  assert.deepEqual(child.read(await child.next((f) => f.t === "said" && f.from === "staff")), { kind: "text", text: "fra den anden" });
  assert.equal(staff.read(await staff.next((f) => f.t === "said" && f.sender === other.device)).text, "fra den anden");
  await child.ask({ t: "end" }, "ended");
});

test("ten children, four professionals, nobody twice, never beyond capacity (chatwoot-1198, -13050)", async () => {
  const staff = await Promise.all(["m1", "m2", "m3", "m4"].map((name) => gateway.professional(name, { capacity: 2 })));
  const children = await Promise.all(Array.from({ length: 10 }, () => gateway.child()));
  const taken = [];
  const work = async (one) => {
    for (;;) {
      const offer = await one.next((f) => f.t === "offer" || f.t === "stop");
      if (offer.t === "stop") return;
      const paired = await one.ask({ t: "accept", offer: offer.offer });
      if (paired.t !== "paired") continue;
      taken.push(paired.conversation);
      const child = children.find((c) => c.conversation === paired.conversation);
      await child.meet();
      await one.next("key");
      await child.say("hej");
      await child.ask({ t: "end" }, "ended");
      await one.next((f) => f.t === "ended" && f.conversation === paired.conversation);
      if (taken.length === 10) for (const s of staff) s.socket.emit("message", '{"t":"stop"}');
    }
  };
  await Promise.all(staff.map(work));
  assert.equal(new Set(taken).size, 10);
});

test("two processes on one Redis: child here, professional there", async () => {
  const redis = await ownRedis();
  const [a, b] = await Promise.all([Gateway.start({ redis: redis.url }), Gateway.start({ redis: redis.url })]);
  try {
    const staff = await b.professional("p1", { capacity: 2 });
    const child = await a.child();
    const [paired] = await Promise.all([staff.accept(), child.meet()]);
    await staff.next("key");
    for (let i = 0; i < 20; i++) await child.say(`ord ${i}`);
    const heard = [];
    for (let i = 0; i < 21; i++) heard.push(await staff.next("said"));
    assert.deepEqual(heard.map((s) => s.n), Array.from({ length: 21 }, (_, i) => i + 1));
    await staff.say(paired.conversation, "over åen");
    assert.equal(child.read(await child.next("said")).text, "over åen");
    await child.cut();
    const moved = new Child(b);
    Object.assign(moved, { token: child.token, k: child.k, conversation: child.conversation, n: child.n });
    assert.equal((await moved.resume()).state, "paired");
    await moved.ask({ t: "end" }, "ended");
    assert.equal((await staff.next("ended")).by, "child");
    for (let i = 0; redis.cli("--scan", "--pattern", "bi:{c:*:s") !== "" && i < 1000; i++) await moved.settle();
    assert.equal(redis.cli("--scan", "--pattern", "bi:{c:*:s"), "", "both sides have had the end: the stream is gone");
  } finally {
    await a.end();
    await b.end();
    await redis.end();
  }
});
