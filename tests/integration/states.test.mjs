/**
 * Every frame in every state, from a table of its own: PROTOCOL.md 2 and 3; SECURITY.md H113 to H121. `ok` cells are only
 * counted here (a talk shows them); what is refused must change nothing, so one socket takes a state's whole row.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Child, Gateway, Staff, talk } from "./kit.mjs";

let gateway;
before(async () => { gateway = await Gateway.start(); });
afterEach(() => gateway.tidy());
after(() => gateway.end());

const BODY = "A".repeat(379);
const ID = `${"1".repeat(13)}-000000`;
const wrapped = { v: 1, epk: Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 7)]).toString("base64url"), nonce: "A".repeat(16), ct: "A".repeat(64) };

const child = {
  hello: { v: 1 }, enter: {}, leave: {}, key: null, say: { n: 1, body: BODY }, got: null, typing: { on: true }, feedback: { heard: 3 }, end: {},
};
const O = "ok";
const N = "not_now";
const I = "ignored";
const childTable = {
  //       hello enter leave key say got typing feedback end
  fresh: [O, N, N, N, N, N, N, N, N],
  new: [N, O, N, N, N, N, N, N, N],
  waiting: [N, N, O, N, O, O, N, N, N],
  paired: [N, N, N, O, O, O, O, N, O],
  ended: [N, O, N, N, N, I, I, O, N],
};
const reach = {
  async fresh() {
    const one = new Child(gateway);
    await one.open();
    return one;
  },
  async new() {
    const one = new Child(gateway);
    await one.greet();
    return one;
  },
  waiting: () => gateway.child(),
  paired: async () => (await talk(gateway, "m-paired")).child,
  async ended() {
    const { child: one } = await talk(gateway, "m-ended");
    await one.ask({ t: "end" }, "ended");
    return one;
  },
};
for (const [state, row] of Object.entries(childTable))
  test(`a child in state ${state}: ${row.filter((cell) => cell === N).length} frames are not_now, and change nothing`, async () => {
    const one = await reach[state]();
    const key = one.history.find((f) => f.t === "paired")?.professional;
    const id = one.history.find((f) => f.t === "ack")?.id ?? ID;
    const seen = one.history.length;
    const frames = { ...child, key: { to: key?.device ?? "x".repeat(22), wrapped: key ? one.wrap(key.device, key.key) : realWrapped(one) }, got: { id } };
    for (const [i, type] of Object.keys(frames).entries()) {
      const frame = { t: type, ...frames[type] };
      if (row[i] === N) assert.deepEqual([(await one.ask(frame)).code, type], [N, type]);
      if (row[i] === I) one.send({ ...frame, re: "ignored" });
    }
    if (state !== "fresh") {
      for (const type of ["duty", "accept", "decline", "transfer", "join", "block", "consent", "nonsense"]) assert.equal((await one.ask({ t: type })).code, "unknown_type"); // H087
      assert.equal((await one.ask({ t: "say", n: 0, body: BODY })).field, "n", "fields before state");
      const mine = one.history.slice(seen).filter((f) => f.re === "ignored");
      assert.deepEqual(mine, []);
    }
    if (state === "fresh") {
      assert.equal((await one.ask({ t: "exit" })).code, N);
      assert.equal((await one.ask({ t: "hello", v: 1 })).t, "welcome"); // H113: nothing had changed
    }
    if (state === "waiting") assert.equal((await one.say("stadig i kø")).n, 2); // H115: the place is kept
    if (state === "paired") assert.equal((await one.say("stadig her")).n, 2);
    if (state === "ended") await one.ask({ t: "feedback", heard: 3 }, "thanks");
    one.send({ t: "exit" });
    assert.equal((await one.closed).code, 1000, "exit in every state");
  });
/** A value that passes the checks of fields: the point is a real one. */
function realWrapped(one) {
  one.k ??= Buffer.alloc(32);
  one.conversation ??= "x";
  const device = new Staff(gateway, "");
  return { ...wrapped, ...one.wrap(device.device, device.public.toString("base64url")) };
}

const staffFrames = (conversation, offer, id) => ({
  duty: { on: true, capacity: 1 }, accept: { offer }, decline: { offer }, say: { conversation, n: 1, body: BODY }, got: { conversation, id }, typing: { conversation, on: false }, end: { conversation },
});
test("staff before hello: all else is not_now, and hello still works", async () => {
  gateway.addStaff("m1");
  const one = new Staff(gateway, await gateway.signIn("m1"));
  await one.open();
  for (const [type, fields] of Object.entries(staffFrames("c", "o", ID))) assert.deepEqual([(await one.ask({ t: type, ...fields })).code, type], [N, type]);
  assert.equal((await one.ask({ t: "hello", v: 1, device: one.device, key: one.public.toString("base64url") })).t, "welcome");
});

test("staff without a talk: offers and talks that are not theirs are not_found; a second hello is not_now", async () => {
  const one = await gateway.professional("m2");
  assert.equal((await one.ask({ t: "hello", v: 1, device: one.device, key: one.public.toString("base64url") })).code, N);
  for (const [type, fields] of Object.entries(staffFrames("nobodys", "nobodys", ID))) {
    const answer = await one.ask({ t: type, ...fields });
    if (type !== "duty") assert.deepEqual([answer.code, type], ["not_found", type]);
    if (fields.conversation) assert.equal(answer.conversation, "nobodys", "errors about a conversation name it");
  }
  for (const type of ["enter", "leave", "key", "exit", "feedback", "nonsense"]) assert.equal((await one.ask({ t: type })).code, "unknown_type");
});

test("accept twice, decline after accept: one paired, else not_found (H120); end twice, say after end: not_now (H121)", async () => {
  const staff = await gateway.professional("m3", { capacity: 2 });
  const one = await gateway.child();
  const offer = await staff.next("offer");
  const [paired] = await Promise.all([staff.ask({ t: "accept", offer: offer.offer }, "paired"), one.meet()]);
  assert.equal((await staff.ask({ t: "accept", offer: offer.offer })).code, "not_found");
  assert.equal((await staff.ask({ t: "decline", offer: offer.offer })).code, "not_found");
  const { conversation } = paired;
  assert.equal((await staff.ask({ t: "end", conversation }, "ended")).by, "staff");
  await one.next("ended");
  assert.equal((await staff.ask({ t: "end", conversation })).code, N);
  assert.equal((await staff.ask({ t: "say", conversation, n: 1, body: BODY })).code, N);
  const seen = staff.history.length;
  staff.send({ t: "got", conversation, id: ID });
  staff.send({ t: "typing", conversation, on: true });
  await staff.settle();
  assert.equal(staff.history.slice(seen).filter((f) => f.t === "error" && f.code !== "unknown_type").length, 0, "got and typing are ignored then");
});

test("leave in the instant of pairing has one outcome on both sides (H122)", async () => {
  const staff = await gateway.professional("m4", { capacity: 2 });
  for (let i = 0; i < 10; i++) {
    const one = await gateway.child();
    const offer = await staff.next("offer");
    const [left, accepted] = await Promise.all([one.ask({ t: "leave" }), staff.ask({ t: "accept", offer: offer.offer })]);
    assert.deepEqual([left.t === "left", accepted.t === "paired"], [left.t === "left", left.t !== "left"], JSON.stringify([left, accepted]));
    if (accepted.t === "paired") await staff.ask({ t: "end", conversation: accepted.conversation }, "ended");
    one.send({ t: "exit" });
    await one.closed;
  }
});

test("got of a foreign, future or earlier id is ignored and deletes nothing; key to a device not there is not_found (H118, H119)", async () => {
  const { child: one, staff } = await talk(gateway, "m5");
  const first = await one.say("et");
  for (const id of [first.id, first.id.replace(/^./, "9"), first.id.replace(/^./, "0")]) one.send({ t: "got", id });
  await one.settle();
  const stranger = new Staff(gateway, "");
  assert.equal((await one.ask({ t: "key", to: stranger.device, wrapped: one.wrap(stranger.device, stranger.public.toString("base64url")) })).code, "not_found");
  await one.cut();
  assert.equal((await one.resume()).state, "paired");
  await one.next((f) => f.t === "said" && f.n === 2);
  assert.ok(staff.history.length > 0);
});
