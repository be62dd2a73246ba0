/** Each limit of SECURITY.md 2 that a client can reach, with small numbers, and what the offender gets. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Child, Gateway, Line, Staff, talk } from "./kit.mjs";
import { frame, handshake, Raw, socket } from "../client/raw.mjs";

const CHEAP = "  scrypt_n_log2: 10\n"; // the cost of a password hash is not what is tested here
const started = [];
async function gatewayWith(limits, more = "") {
  const gateway = await Gateway.start({ yaml: `${more}limits:\n${CHEAP}${limits}` });
  started.push(gateway);
  return gateway;
}
after(() => Promise.all(started.map((gateway) => gateway.end())));
const BODY = "A".repeat(379);

test("frames of one socket: L17, L18, L20, L22 to L26", async (t) => {
  const gateway = await gatewayWith("  other_burst: 20\n  other_rate: 1\n  too_fast_per_minute: 5\n  errors: 8\n  enters_per_session_hour: 2\n  say_body_bytes: 284\n  waiting_messages: 4\n  conversation_messages: 16\n  unacked: 3\n  say_burst: 64\n  typing_s: 60\n  feedbacks: 1\n");
  const tests = {
    async "L17: a flood of other frames is too_fast with retry_s, then 4429"() {
      const { child } = await talk(gateway, "l17");
      for (let i = 0; i < 40; i++) child.send({ t: "typing", on: true });
      const answer = await child.next((f) => f.code === "too_fast");
      assert.ok(answer.retry_s >= 1);
      assert.equal((await child.closed).code, 4429);
      await child.resume();
      await child.ask({ t: "end" }, "ended");
    },
    async "L18: a run of other errors: 4429"() {
      const child = new Child(gateway);
      await child.greet();
      for (let i = 0; i < 20; i++) child.send({ t: "got", id: "x" });
      assert.equal((await child.closed).code, 4429);
      assert.equal(child.history.filter((f) => f.t === "error").length, 8);
    },
    async "L20: the third enter of a session within the hour is too_fast, with the numbers to call"() {
      const child = new Child(gateway);
      await child.greet();
      for (let i = 0; i < 2; i++) {
        await child.ask({ t: "enter" }, "queued");
        await child.ask({ t: "leave" }, "left");
      }
      const answer = await child.ask({ t: "enter" });
      assert.equal(answer.code, "too_fast");
      assert.ok(answer.retry_s >= 1);
      assert.deepEqual(answer.call.map((c) => c.number).sort(), ["112", "114", "116 111"]);
    },
    async "L22: a body over the limit is too_large and changes nothing"() {
      const child = await gateway.child();
      const answer = await child.ask({ t: "say", n: 2, body: "A".repeat(400) });
      assert.deepEqual([answer.code, answer.field], ["too_large", "body"]);
      assert.equal((await child.ask({ t: "say", n: 2, body: BODY })).t, "ack");
    },
    async "L23: beyond what may be unacknowledged, too_fast; then again from the first without ack"() {
      const raw = await socket(gateway);
      raw.write(frame('{"t":"enter"}'));
      assert.equal((await raw.json()).t, "queued");
      const said = (n) => frame(JSON.stringify({ t: "say", n, body: BODY, re: String(n) }));
      raw.write(Buffer.concat([1, 2, 3, 4, 5, 6].map(said)));
      const answers = new Map();
      while (answers.size < 6) {
        const answer = await raw.json();
        if (answer.re) answers.set(answer.re, answer);
      }
      const codes = [1, 2, 3, 4, 5, 6].map((n) => answers.get(String(n)).code ?? "ack");
      assert.deepEqual(codes.slice(0, 3), ["ack", "ack", "ack"]);
      assert.ok(codes.slice(3).every((code) => ["too_fast", "gap", "ack", "too_large"].includes(code)) && codes.includes("too_fast"), String(codes));
      await raw.end();
    },
    async "L24: while waiting so many messages, then too_large (conversation); in a talk more, but bounded"() {
      const child = await gateway.child();
      for (let n = 2; n <= 4; n++) assert.equal((await child.ask({ t: "say", n, body: BODY })).t, "ack");
      const full = await child.ask({ t: "say", n: 5, body: BODY });
      assert.deepEqual([full.code, full.field], ["too_large", "conversation"]);
      const staff = await gateway.professional("l24", { capacity: 1 });
      await Promise.all([staff.accept(), child.meet()]);
      let n = 5;
      let answer;
      while ((answer = await child.ask({ t: "say", n, body: BODY })).t === "ack") n++;
      assert.deepEqual([n, answer.code, answer.field], [17, "too_large", "conversation"]);
      await child.ask({ t: "end" }, "ended");
    },
    async "L25: typing is forwarded once in so long"() {
      const { child, staff, conversation } = await talk(gateway, "l25");
      for (const on of [true, false, true, false]) child.send({ t: "typing", on });
      await child.settle();
      await staff.say(conversation, "x").catch(() => {});
      await child.say("y");
      await staff.next((f) => f.t === "said" && f.n === child.n);
      assert.equal(staff.history.filter((f) => f.t === "typing").length, 1);
      await child.ask({ t: "end" }, "ended");
    },
    async "L26: feedback once a talk"() {
      const { child } = await talk(gateway, "l26");
      await child.ask({ t: "end" }, "ended");
      await child.ask({ t: "feedback", mood: 4 }, "thanks");
      assert.equal((await child.ask({ t: "feedback", mood: 4 })).code, "not_now");
      const none = await child.ask({ t: "feedback" });
      assert.deepEqual([none.code, none.field], ["bad_field", "mood"]);
    },
  };
  for (const [name, run] of Object.entries(tests)) {
    await t.test(name, run);
    await gateway.tidy();
  }
});

test("one origin: L20 sessions, L21, L28", async (t) => {
  const gateway = await gatewayWith("  loopback_is_origin: true\n  sessions_per_origin_minute: 12\n  waiting_per_origin_soft: 1\n  waiting_per_origin_hard: 2\n  unknown_tokens_per_origin_minute: 2\n");
  await t.test("L21: from so many that wait on, too_fast with retry_s and the numbers; urgent is never refused", async () => {
    await gateway.child();
    await gateway.child();
    const third = new Child(gateway);
    await third.greet();
    const answer = await third.ask({ t: "enter" });
    assert.equal(answer.code, "too_fast");
    assert.ok(answer.retry_s >= 1 && answer.call.length === 3);
    assert.equal((await third.ask({ t: "enter", urgent: true })).t, "queued");
    await gateway.tidy();
  });
  await t.test("L28: unknown tokens are new sessions, and beyond the number 4429", async () => {
    const codes = [];
    for (let i = 0; i < 3; i++) {
      const child = new Child(gateway);
      await child.open();
      child.send({ t: "hello", v: 1, token: Buffer.alloc(32, i).toString("base64url") });
      codes.push(await Promise.race([child.next("welcome").then((w) => w.state), child.closed.then((c) => c.code)]));
    }
    assert.deepEqual(codes, ["new", "new", 4429]);
    await gateway.tidy();
  });
  await t.test("L20: sessions of one origin are bounded", async () => {
    let last;
    for (let i = 0; i < 20 && last?.code !== "too_fast"; i++) {
      const child = new Child(gateway);
      await child.open();
      last = await Promise.race([child.ask({ t: "hello", v: 1 }), child.closed.then((c) => ({ code: c.code === 4429 ? "too_fast" : c.code }))]);
    }
    assert.equal(last.code, "too_fast");
  });
});

test("sockets of one origin: L08, L09: no 101, or 101 and 4429 at once", async () => {
  const gateway = await gatewayWith("  loopback_is_origin: true\n  sockets_per_origin: 3\n");
  const held = [];
  for (let i = 0; i < 3; i++) held.push(await socket(gateway));
  const raw = await Raw.to(gateway);
  raw.write(handshake(gateway));
  const answer = await raw.answer();
  if (answer?.status === 101) assert.equal(await raw.closeCode(), 4429);
  else assert.ok(answer === null || (answer.status === 429 && Number(answer.headers["retry-after"]) >= 1));
  await raw.end();
  for (const one of held) await one.end();
  assert.equal((await gateway.fetch("/")).status, 200, "the page with the numbers is outside every tier");
});

test("sign-in: L30, H091: the same 401 for a wrong name and a wrong password, then 429 with Retry-After; others still get in", async () => {
  const gateway = await gatewayWith("  sign_in_failures_name: 3\n");
  gateway.addStaff("anna");
  gateway.addStaff("bo");
  const tried = (name, password) => gateway.fetch("/api/v1/sign-in", { method: "POST", headers: { "content-type": "application/json", origin: gateway.origin }, body: JSON.stringify({ name, password }) });
  const shape = async (answer) => [answer.status, await answer.text(), answer.headers.get("set-cookie"), answer.headers.get("content-type")];
  const unknown = await shape(await tried("nobody", "wrong"));
  assert.equal(unknown[0], 401);
  assert.equal(unknown[2], null);
  for (let i = 0; i < 3; i++) assert.deepEqual(await shape(await tried("anna", "wrong")), unknown);
  const slow = await tried("anna", "wrong");
  assert.equal(slow.status, 429);
  assert.ok(Number(slow.headers.get("retry-after")) >= 1);
  assert.ok(await gateway.signIn("bo"), "a name that was not tried");
});

test("H093: a password of a MiB, with NUL, as NFD: refused in bounded time", async () => {
  const gateway = started.at(-1);
  const tried = (password) => gateway.fetch("/api/v1/sign-in", { method: "POST", headers: { "content-type": "application/json", origin: gateway.origin }, body: JSON.stringify({ name: "carl", password }) }).then((a) => a.status, () => 413);
  assert.equal(await tried("x".repeat(1 << 20)), 413);
  assert.ok([400, 401].includes(await tried("a\0b")));
  assert.equal(await tried("a\u030a"), 401);
  assert.equal(await tried("x".repeat(60000)), 401);
});

test("staff sessions: L33: one too many signs the longest unused out (4401); sign-out closes every socket of it (H085)", async () => {
  const gateway = await gatewayWith("  staff_sessions: 2\n");
  gateway.addStaff("dora");
  const cookies = [];
  for (let i = 0; i < 3; i++) cookies.push(await gateway.signIn("dora"));
  assert.equal(new Set(cookies).size, 3, "H084: a new one each time");
  const oldest = new Line(gateway, "/ws/staff", "indgang.staff.v1", { cookie: cookies[0] });
  await oldest.open();
  assert.equal((await oldest.closed).code, 4401);
  const staff = new Staff(gateway, cookies[2]);
  await staff.greet();
  const second = new Staff(gateway, cookies[2]);
  await second.greet();
  const out = await gateway.fetch("/api/v1/sign-out", { method: "POST", headers: { "content-type": "application/json", origin: gateway.origin, cookie: cookies[2] }, body: "{}" });
  assert.equal(out.status, 204);
  assert.match(out.headers.get("clear-site-data"), /"cookies"/);
  for (const one of [staff, second]) assert.equal((await one.closed).code, 4401);
  const again = new Line(gateway, "/ws/staff", "indgang.staff.v1", { cookie: cookies[2] });
  await again.open();
  assert.equal((await again.closed).code, 4401, "H082: a signed-out cookie");
});

test("offers: L34: capacity 1 to 6; an offer expires, is withdrawn and goes to the next; a decline goes on at once", async () => {
  const gateway = await gatewayWith("", "keep:\n  offer_s: 5\n  reask_s: 1\n");
  const first = await gateway.professional("e1", { capacity: 1 });
  for (const capacity of [0, 7, "2", 1.5]) assert.equal((await first.ask({ t: "duty", on: true, capacity })).field, "capacity");
  const child = await gateway.child();
  const offer = await first.next("offer");
  assert.ok(offer.expires_s >= 1 && offer.expires_s <= 5);
  const second = await gateway.professional("e2", { capacity: 1 });
  assert.deepEqual((({ offer: o, why }) => [o, why])(await first.next("withdrawn")), [offer.offer, "expired"]);
  assert.equal((await first.ask({ t: "accept", offer: offer.offer })).code, "not_found");
  const next = await second.next("offer");
  assert.equal((await second.ask({ t: "decline", offer: next.offer })).t, "declined");
  const [paired] = await Promise.all([first.accept(), child.meet()]);
  assert.ok(paired.conversation);
  await child.ask({ t: "end" }, "ended");
});
