/** tests/integration/valgrind.run.mjs: a whole talk under valgrind, on a build without sanitizers. Fails on any definite leak or bad read. */
import { chmodSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const home = (await import("node:fs")).mkdtempSync("/tmp/indgang-valgrind-");
chmodSync(home, 0o777);
const plain = resolve("build/plain");
const wrapper = join(home, "indgangd");
writeFileSync(wrapper, `#!/bin/sh\nexec valgrind -q --leak-check=full --show-leak-kinds=definite,possible --errors-for-leak-kinds=definite --error-exitcode=99 --log-file=${home}/vg.%p ${plain}/indgangd "$@"\n`);
chmodSync(wrapper, 0o755);
writeFileSync(join(home, "indgangctl"), `#!/bin/sh\nexec ${plain}/indgangctl "$@"\n`);
chmodSync(join(home, "indgangctl"), 0o755);
process.env.INDGANGD = wrapper;
const { Gateway, ownRedis, talk } = await import("./kit.mjs");
const redis = await ownRedis(); // valgrind 3.19 has no pidfd_open, by which the private server is watched

const gateway = await Gateway.start({ redis: redis.url, yaml: `web_root: ${resolve("build/dev/web")}\nlimits:\n  scrypt_n_log2: 12\n` });
const { child, staff, conversation } = await talk(gateway, "valgrind", { topic: "home", mood: 3 });
await staff.next("said");
for (let i = 0; i < 20; i++) {
  await child.say(`ord ${i}`);
  await staff.next("said");
  await staff.say(conversation, `svar ${i}`);
  await child.next("said");
}
child.send("not JSON");
await child.next("error");
await child.cut();
await child.resume();
await child.ask({ t: "end" }, "ended");
await staff.next("ended");
const waiting = await gateway.child();
waiting.send({ t: "exit" });
await waiting.closed;
await gateway.fetch("/");
await gateway.fetch("/nothing");
await gateway.stop();
await redis.end();
let reports = "";
for (const name of readdirSync(home).filter((n) => n.startsWith("vg."))) reports += readFileSync(join(home, name), "utf8");
rmSync(home, { recursive: true, force: true });
rmSync(gateway.home, { recursive: true, force: true });
const bad = /definitely lost|Invalid (read|write)|uninitialised/.test(reports);
console.log(bad ? reports : "clean");
process.exit(bad ? 1 : 0);
