/**
 * web-client/console/vault.ts: what this browser keeps through a reload: the device key, own unsent words, settings.
 *
 * IndexedDB, because it can hold keys that no script can read out: the device's private half, and an AES-GCM key that
 * seals every kept word. At most KEPT_MAX talks for at most a day. Everything works from memory as well: without
 * IndexedDB (private windows, full disk) `onGone` is told once and the console says so.
 */
import { type DevicePair, newDevicePair } from "../common/device-key.ts";
import { type Bytes, fromUtf8, join, random, utf8 } from "../common/bytes.ts";
import { gcmOpen, gcmSeal, NONCE_BYTES } from "../common/crypto.ts";
import { DEVICE_LIFE_MS, type Kept, type Settings } from "./model.ts";

const NAME = "indgang-console";
const KEPT_MAX = 32;

export interface Device {
  readonly pair: DevicePair;
  readonly made: number;
}
interface Row {
  readonly id: string;
  readonly at: number;
  readonly sealed: Bytes;
}

export interface Vault {
  readonly device: () => Device;
  readonly renewDevice: () => Promise<Device>;
  readonly kept: () => Promise<Record<string, Kept>>;
  /** The newest value of a talk wins; a write in progress is never overtaken by an older one. */
  readonly keep: (conversation: string, kept: Kept) => void;
  readonly forget: (conversation: string) => void;
  /** Puts the keys back in their place if the browser has cleared it under us: the answer to a sign-out asks it to. */
  readonly settle: () => Promise<void>;
  /** Forgets every kept word, at sign-out. */
  readonly forgetAll: () => void;
  readonly settings: () => Promise<Settings | null>;
  readonly saveSettings: (settings: Settings) => void;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}

/** Opens, and reopens after the browser has closed it (Clear-Site-Data does, at sign-out). */
function database(): () => Promise<IDBDatabase> {
  let open: Promise<IDBDatabase> | null = null;
  return () => {
    open ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("keys");
        request.result.createObjectStore("talks", { keyPath: "id" });
      };
      request.onsuccess = () => {
        request.result.onclose = () => {
          open = null;
        };
        resolve(request.result);
      };
      request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
      request.onblocked = () => reject(new Error("IndexedDB blocked"));
    });
    return open;
  };
}

export async function openVault(onGone: () => void): Promise<Vault> {
  const db = database();
  let gone = false;

  /** Runs in a transaction; null when storage does not work. */
  async function within<T>(
    store: "keys" | "talks",
    mode: IDBTransactionMode,
    run: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T | null> {
    try {
      return await done(run((await db()).transaction(store, mode).objectStore(store)));
    } catch {
      if (!gone) onGone();
      gone = true;
      return null;
    }
  }

  async function newDevice(): Promise<Device> {
    const device = { pair: await newDevicePair(), made: Date.now() };
    await within("keys", "readwrite", (store) => store.put(device, "device"));
    return device;
  }

  async function sealKey(): Promise<CryptoKey> {
    const kept = (await within("keys", "readonly", (store) => store.get("seal"))) as CryptoKey | null | undefined;
    if (kept) return kept;
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await within("keys", "readwrite", (store) => store.put(key, "seal"));
    return key;
  }

  let device =
    ((await within("keys", "readonly", (store) => store.get("device"))) as Device | null | undefined) ??
    (await newDevice());
  const seal = await sealKey();

  async function open(row: Row): Promise<Kept | null> {
    try {
      const plain = await gcmOpen(seal, row.sealed.slice(0, NONCE_BYTES), row.sealed.slice(NONCE_BYTES), utf8(row.id));
      return JSON.parse(fromUtf8(plain)) as Kept;
    } catch {
      return null; // sealed under a key that is gone: nothing of ours any more
    }
  }

  async function readKept(): Promise<Record<string, Kept>> {
    const rows = ((await within("talks", "readonly", (store) => store.getAll())) ?? []) as Row[];
    rows.sort((a, b) => b.at - a.at);
    const out: Record<string, Kept> = {};
    for (const [i, row] of rows.entries()) {
      const kept = i < KEPT_MAX && Date.now() - row.at < DEVICE_LIFE_MS ? await open(row) : null;
      if (kept === null) await within("talks", "readwrite", (store) => store.delete(row.id));
      else out[row.id] = kept;
    }
    return out;
  }

  // One writer a talk: while it works, only the newest value waits.
  const next = new Map<string, Kept | null>();
  const busy = new Set<string>();

  async function write(id: string): Promise<void> {
    if (busy.has(id)) return;
    busy.add(id);
    for (let kept = next.get(id); kept !== undefined; kept = next.get(id)) {
      next.delete(id);
      if (kept === null) await within("talks", "readwrite", (store) => store.delete(id));
      else await put(id, kept);
    }
    busy.delete(id);
  }

  async function put(id: string, kept: Kept): Promise<void> {
    const nonce = random(NONCE_BYTES);
    const sealed = join(nonce, await gcmSeal(seal, nonce, utf8(JSON.stringify(kept)), utf8(id)));
    const row: Row = { id, at: Date.now(), sealed };
    await within("talks", "readwrite", (store) => store.put(row));
  }

  function change(id: string, kept: Kept | null): void {
    next.set(id, kept);
    void write(id);
  }

  return {
    device: () => device,
    renewDevice: async () => {
      device = await newDevice();
      return device;
    },
    kept: readKept,
    settle: async () => {
      const there = await within("keys", "readonly", (store) => store.get("seal"));
      if (there !== undefined) return;
      await within("keys", "readwrite", (store) => store.put(seal, "seal"));
      await within("keys", "readwrite", (store) => store.put(device, "device"));
    },
    keep: change,
    forget: (id) => change(id, null),
    forgetAll: () => {
      for (const id of next.keys()) next.set(id, null);
      void within("talks", "readwrite", (store) => store.clear());
    },
    settings: async () =>
      ((await within("keys", "readonly", (store) => store.get("settings"))) as Settings | null | undefined) ?? null,
    saveSettings: (settings) => void within("keys", "readwrite", (store) => store.put(settings, "settings")),
  };
}
