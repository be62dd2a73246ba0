/** What web-client/build.mjs puts in (esbuild's `define`). */
/** Raw points of the operator's offline keys, base64url. Empty: certificates are not asked for. */
declare const __OPERATOR_KEYS__: readonly string[];
