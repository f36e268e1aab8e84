/** The few lines of DOM that the page's views are made with. Text goes in as text, never as markup. */

type Properties<Name extends keyof HTMLElementTagNameMap> = Partial<
  Omit<HTMLElementTagNameMap[Name], 'style' | 'dataset' | 'children' | 'attributes'>
> & { readonly attributes?: Readonly<Record<string, string>> }

/** Makes an element: its properties, its attributes, its children. */
export function el<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  { attributes = {}, ...properties }: Properties<Name> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name)
  Object.assign(element, properties)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

/** A button that does something. */
export function button(label: string, onclick: () => void, className = ''): HTMLButtonElement {
  return el('button', { type: 'button', textContent: label, className, onclick })
}

/** Writes text only where it differs, so that live regions speak once and selections survive. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Shows or hides an element, from assistive technology as well. */
export function show(element: HTMLElement, isShown: boolean): void {
  if (element.hidden === isShown) element.hidden = !isShown
}

/** Orders names as people do: 2 before 10. */
export const byName = new Intl.Collator(undefined, { numeric: true }).compare
