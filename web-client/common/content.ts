/**
 * web-client/common/content.ts: what stands inside a body once it is open (PROTOCOL.md 5, kinds).
 * A kind this page does not know is named, never dropped; what is no content at all is "unreadable" and the talk goes on.
 */
import { decode } from "./b64url.ts";
import { type Bytes, fromUtf8 } from "./bytes.ts";
import { POINT_BYTES } from "./device-key.ts";

export type Content =
  | { readonly kind: "start"; readonly sign: Bytes }
  | { readonly kind: "text"; readonly text: string }
  /** `draft`, `tool` and whatever comes later: "this page is too old to show that". */
  | { readonly kind: "unknown"; readonly name: string }
  | { readonly kind: "unreadable" };

/** Reads an open, padded body. Never throws. */
export function readContent(plain: Bytes): Content {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(plain));
  } catch {
    return { kind: "unreadable" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { kind: "unreadable" };
  const { kind, text, sign } = value as Record<string, unknown>;
  if (kind === "text") return typeof text === "string" ? { kind, text } : { kind: "unreadable" };
  if (kind === "start") {
    const point = typeof sign === "string" ? decode(sign, POINT_BYTES) : null;
    return point === null ? { kind: "unreadable" } : { kind, sign: point };
  }
  return typeof kind === "string" ? { kind: "unknown", name: kind } : { kind: "unreadable" };
}
