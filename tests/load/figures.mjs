/** tests/load/figures.mjs: medians, spread, ratios, and the table. Pure. */

export const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Digits that a reader can use: three of them, no exponent. */
export const short = (value) => {
  if (value >= 100) return String(Math.round(value));
  if (value >= 10) return value.toFixed(1);
  return value.toFixed(2);
};

/** "median (lowest–highest)" */
export const spread = (list) => {
  if (list.length === 0) return "–";
  const text = short(median(list));
  return list.length === 1 ? text : `${text} (${short(Math.min(...list))}–${short(Math.max(...list))})`;
};

/** How many times the gateway's median is of a peer's. */
export const ratio = (gateway, peer) => (gateway.length && peer.length && median(peer) > 0 ? `${short(median(gateway) / median(peer))}×` : "–");

/** Rows of equal columns, as Markdown, so that it can be pasted into a page. */
export function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => String(row[i]).length)));
  const line = (row) => `| ${row.map((cell, i) => String(cell).padEnd(widths[i])).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}

/** One section: a row a peer, a column a measure ({title, key}); `results[peer][key]` is a list, one a round. */
export function section(title, peers, results, columns) {
  const head = [title, ...columns.flatMap((column) => [column.title, "gateway/this"])];
  const rows = peers.map((peer) => [
    peer,
    ...columns.flatMap(({ key }) => {
      const mine = results[peer]?.[key] ?? [];
      return [spread(mine), peer === "gateway" ? "" : ratio(results.gateway?.[key] ?? [], mine)];
    }),
  ]);
  return table(head, rows);
}
