/** Text with the addresses in it, which are all that may be clicked. Pure. */

export interface TextPart {
  readonly text: string
  /** Of a page: http or https, and nothing else. */
  readonly href?: string
}

/** An address ends before what closes a sentence or a bracket. */
const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/giu

export function partsOf(text: string): TextPart[] {
  const parts: TextPart[] = []
  let at = 0
  for (const { 0: address, index } of text.matchAll(ADDRESS)) {
    if (!URL.canParse(address)) continue
    if (index > at) parts.push({ text: text.slice(at, index) })
    parts.push({ text: address, href: new URL(address).href })
    at = index + address.length
  }
  if (at < text.length) parts.push({ text: text.slice(at) })
  return parts
}
