/**
 * web-client/common/dom.ts: elements without markup in strings. The pages run under `require-trusted-types-for 'script'`
 * with no policy and `style-src 'self'`, so there is no innerHTML, no style attribute and no handler attribute: `h` refuses them.
 */
const SVG = "http://www.w3.org/2000/svg";

export type Child = Node | string | null | undefined | false;
export interface Props {
  readonly [attribute: string]: string | number | boolean | null | undefined | ((event: never) => void);
}

/** Sets attributes; `true` is the empty attribute, `false`, null and undefined remove it; a function is a listener. */
export function set(element: Element, props: Props): void {
  for (const [name, value] of Object.entries(props)) {
    if (name === "style" || name.startsWith("on")) throw new TypeError(`attribute ${name}`);
    if (typeof value === "function") element.addEventListener(name, value as EventListener);
    else if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** An HTML element: h("button", {id: "go", type: "button", click: go}, "Videre"). Strings become text nodes. */
export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  set(element, props);
  add(element, ...children);
  return element;
}

/** An SVG element. */
export function svg(tag: string, props: Props = {}, ...children: readonly Child[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  set(element, props);
  add(element, ...children);
  return element;
}

export function add(parent: Element, ...children: readonly Child[]): void {
  for (const child of children) if (child !== null && child !== undefined && child !== false) parent.append(child);
}

/** The element with this id out of the page's own markup. @throws when our markup lacks it. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no #${id}`);
  return element;
}
