/** Short ways to make elements. Text is always set as text, never as HTML. */

export type Child = Node | string | undefined | false;

/** Properties are set as properties; those with a hyphen, and `role`, as attributes; `on…` functions as listeners. */
export type Props = Readonly<Record<string, unknown>>;

export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value as EventListener);
    else if (key.includes('-') || key === 'role' || key === 'for') element.setAttribute(key, String(value));
    else (element as unknown as Record<string, unknown>)[key] = value;
  }
  append(element, children);
  return element;
}

/** Makes an SVG element. Its properties are attributes. */
export function svg(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: Child[]
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  append(element, children);
  return element;
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) if (child !== undefined && child !== false) element.append(child);
}

/** Registers a component once, so that several pages may share its file. */
export function define(name: string, component: CustomElementConstructor): void {
  if (customElements.get(name) === undefined) customElements.define(name, component);
}
