/**
 * tests/integration/ctl.test.mjs: indgangctl as an operator types it, beside a gateway that runs and without one.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Gateway, INDGANGD, folder as anyFolder, within } from "./kit.mjs";

const CTL = join(dirname(INDGANGD), "indgangctl");
const PASSWORD = "korrekt hest batteri hæfte";
const folders = [];
const folder = () => folders[folders.push(anyFolder()) - 1];
after(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});
const run = (args, input = "") => spawnSync(CTL, args, { input, encoding: "utf8" });

/** RFC 6238: six digits of the step `step` for a secret in base32. */
function totp(secret, step) {
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

describe("the command line", () => {
  test("what is not understood is exit 2 and the usage on standard error", () => {
    const state = folder();
    for (const args of [[], ["dance"], ["staff"], ["staff", "dance", "x"], ["staff", "add"], ["staff", "list", "x"], ["--dance"], ["--state"]]) {
      const done = run(args.length === 0 || args[0].startsWith("--") ? args : ["--state", state, ...args]);
      assert.equal(done.status, 2, args.join(" "));
      assert.match(done.stderr, /usage: indgangctl/, args.join(" "));
      assert.equal(done.stdout, "");
    }
  });

  test("--help and --version are exit 0", () => {
    assert.match(run(["--help"]).stdout, /staff passwd NAME/);
    assert.equal(run(["--help"]).status, 0);
    assert.match(run(["--version"]).stdout, /^indgangctl \d+\.\d+\.\d+\n$/);
    assert.equal(run(["--version"]).status, 0);
  });

  test("a role that there is not is exit 2 and names those that there are", () => {
    const state = folder();
    for (const role of [[], ["--role", "boss"], ["--role", "professional,"], ["--role", ""]]) {
      const done = run(["--state", state, "staff", "add", "anna", ...role, "--password-stdin"], `${PASSWORD}\n`);
      assert.equal(done.status, 2, role.join(" "));
      assert.match(done.stderr, /professional, coordinator, caseworker, administrator, auditor/);
    }
    assert.equal(run(["--state", state, "staff", "list"]).stdout, "");
  });

  test("a mistake in the configuration is exit 2 with file and line", () => {
    const file = join(folder(), "bad.yaml");
    writeFileSync(file, "site: x\nlisten:\n  port: many\n");
    const done = run(["--config", file, "staff", "list"]);
    assert.equal(done.status, 2);
    assert.match(done.stderr, /bad\.yaml:3: /);
  });

  test("a state folder that is not there is exit 1 and is not made", () => {
    const done = run(["--state", join(folder(), "none"), "staff", "list"]);
    assert.equal(done.status, 1);
    assert.match(done.stderr, /there is no such state folder/);
  });
});

describe("accounts without a gateway", () => {
  const state = folder();
  const staff = (args, input) => run(["--state", state, "staff", ...args], input);

  test("an account is added, listed, and not added twice", () => {
    const done = staff(["add", "anna", "--role", "professional,coordinator", "--alias", "En pædagog", "--password-stdin"], `${PASSWORD}\n`);
    assert.equal(done.status, 0, done.stderr);
    assert.equal(done.stdout + done.stderr, "added anna\n", "and no word of the password");
    const twice = staff(["add", "anna", "--role", "professional", "--password-stdin"], `${PASSWORD}\n`);
    assert.equal(twice.status, 1);
    assert.match(twice.stderr, /there is an account "anna" already/);
    assert.match(staff(["list"]).stdout, /^anna +En pædagog +- +professional,coordinator\n$/);
  });

  test("a password that is too short, too long or missing changes nothing", () => {
    for (const input of ["elleve byte\n", `${"x".repeat(1025)}\n`, `${"x".repeat(5000)}\n`, ""]) {
      for (const args of [["add", "bo", "--role", "professional"], ["passwd", "anna"]]) {
        const done = staff([...args, "--password-stdin"], input);
        assert.equal(done.status, 1);
        assert.match(done.stderr, input === "" ? /no password came/ : /12 to 1024 bytes/);
        assert.equal(done.stderr.trim().split("\n").length, 1, done.stderr);
      }
    }
    assert.doesNotMatch(staff(["list"]).stdout, /^bo /m);
  });

  test("what is asked of an account that is not there says so", () => {
    for (const args of [["passwd", "bo", "--generate"], ["role", "bo", "--role", "auditor"], ["totp", "bo"], ["totp", "bo", "--off"]]) {
      const done = staff(args);
      assert.equal(done.status, 1);
      assert.match(done.stderr, /there is no account "bo"/);
      assert.equal(done.stdout, "");
    }
  });

  test("a role is changed", () => {
    assert.equal(staff(["role", "anna", "--role", "auditor"]).status, 0);
    assert.match(staff(["list"]).stdout, /^anna .* auditor\n$/);
  });

  test("status says that nobody answers", () => {
    const done = run(["--state", state, "--port", "1", "status"]);
    assert.equal(done.status, 1);
    assert.match(done.stderr, /127\.0\.0\.1:2\/readyz/);
  });
});

describe("beside a gateway that runs", () => {
  /** @type {Gateway} */
  let gateway;
  before(async () => { gateway = await Gateway.start({ yaml: "limits:\n  scrypt_n_log2: 12\n" }); });
  after(() => gateway.end());

  const post = (path, body, cookie) => gateway.fetch(path, {
    method: "POST", body: JSON.stringify(body),
    headers: { "content-type": "application/json", origin: gateway.origin, ...(cookie ? { cookie } : {}) },
  });
  const signIn = (name, password, code) => post("/api/v1/sign-in", { name, password, ...(code ? { totp: code } : {}) });
  const cookieOf = (answer) => answer.headers.get("set-cookie").split(";")[0];

  test("a generated password is printed once and signs in at once", async () => {
    const done = gateway.ctl(["staff", "add", "gen", "--role", "professional", "--generate"]);
    const password = /^password: (\S{24})$/m.exec(done.stdout)?.[1];
    assert.ok(password, done.stdout + done.stderr);
    assert.equal((await signIn("gen", password)).status, 204);
  });

  test("a new password ends the sessions, and the old one is no good", async () => {
    gateway.ctl(["staff", "add", "pia", "--role", "professional", "--password-stdin"], `${PASSWORD}\n`);
    const cookie = cookieOf(await signIn("pia", PASSWORD));
    assert.equal((await post("/api/v1/totp", {}, cookie)).status, 200);
    const done = gateway.ctl(["staff", "passwd", "pia", "--password-stdin"], "en helt anden sætning\n");
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stdout, /sessions of this account end/);
    assert.equal((await post("/api/v1/totp", {}, cookie)).status, 401);
    assert.equal((await signIn("pia", PASSWORD)).status, 401);
    assert.equal((await signIn("pia", "en helt anden sætning")).status, 204);
  });

  test("a second factor is set up with a code, asked for at once, and taken away", async () => {
    gateway.ctl(["staff", "add", "tom", "--role", "professional", "--password-stdin"], `${PASSWORD}\n`);
    const setUp = async (answer) => {
      const tool = spawn(CTL, ["--config", gateway.config, "--state", gateway.state, "staff", "totp", "tom"]);
      let out = "";
      let err = "";
      tool.stderr.on("data", (chunk) => { err += chunk; });
      const secret = await within(new Promise((yes) => tool.stdout.on("data", (chunk) => {
        out += chunk;
        const found = /^secret: ([A-Z2-7]{32})\notpauth:.*\n/m.exec(out);
        if (found) yes(found[1]);
      })), () => out + err);
      tool.stdin.end(`${answer(secret)}\n`);
      return { secret, status: await new Promise((yes) => tool.on("close", yes)), err };
    };
    const step = Math.floor(Date.now() / 30000);
    const wrong = await setUp((secret) => totp(secret, step + 1000));
    assert.equal(wrong.status, 1);
    assert.match(wrong.err, /does not fit; nothing was changed/);
    assert.equal((await signIn("tom", PASSWORD)).status, 204);

    const { secret, status, err } = await setUp((s) => totp(s, step));
    assert.equal(status, 0, err);
    assert.match(gateway.ctl(["staff", "list"]).stdout, /^tom .* totp /m);
    assert.equal((await signIn("tom", PASSWORD)).status, 401);
    assert.equal((await signIn("tom", PASSWORD, totp(secret, step))).status, 401, "the code that set it up");
    const answer = await signIn("tom", PASSWORD, totp(secret, step + 1));
    assert.equal(answer.status, 204);
    assert.equal((await post("/api/v1/totp", {}, cookieOf(answer))).status, 403, "a session does not replace it");

    assert.equal(gateway.ctl(["staff", "totp", "tom", "--off"]).status, 0);
    assert.equal((await post("/api/v1/totp", {}, cookieOf(answer))).status, 401, "its sessions end");
    assert.equal((await signIn("tom", PASSWORD)).status, 204);
  });

  test("status asks the gateway", () => {
    const done = gateway.ctl(["status"]);
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stdout, /^ready\nredis up\nrecords up\n/);
    for (const label of ["waiting", "on duty", "talks", "children", "professionals"]) {
      assert.match(done.stdout, new RegExp(`^${label} +\\d+$`, "m"));
    }
  });
});
