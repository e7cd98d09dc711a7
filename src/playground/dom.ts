/** Returns the element with an id of index.html. */
export function byId<E extends Element = HTMLElement>(id: string): E {
  return document.getElementById(id) as unknown as E;
}

type Attributes = Record<string, string | number>;

/** Makes an HTML element. */
export function html(name: string, attributes: Attributes = {}, ...children: (Node | string)[]): HTMLElement {
  return filled(document.createElement(name), attributes, children);
}

/** Makes an SVG element. */
export function svg<N extends keyof SVGElementTagNameMap>(
  name: N,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[N] {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled<E extends Element>(element: E, attributes: Attributes, children: (Node | string)[]): E {
  set(element, attributes);
  element.append(...children);
  return element;
}

export function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}

/** Shows markup of our own making, as charts are. */
export function show(element: Element, markup: string): void {
  element.innerHTML = markup;
}

/** Runs something once a frame at most, with what was asked last. */
export function eachFrame<T>(draw: (latest: T) => void): (latest: T) => void {
  let pending: { latest: T } | null = null;
  return (latest) => {
    if (!pending) {
      requestAnimationFrame(() => {
        const { latest } = pending!;
        pending = null;
        draw(latest);
      });
    }
    pending = { latest };
  };
}

/** Offers text as a file. */
export function download(name: string, type: string, text: string): void {
  const link = html("a", {
    href: URL.createObjectURL(new Blob([text], { type })),
    download: name,
  }) as HTMLAnchorElement;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Says something to those who look, and to those who listen. */
export function tell(text: string): void {
  const notice = byId("notice");
  notice.textContent = text;
  notice.hidden = text === "";
}
