/** `Content-Disposition` of names that strangers chose (RFC 6266, RFC 8187). */

/** Controls, separators of paths, and characters that turn the reading direction round: they make a name look like another. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
const DECEPTIVE = /[\u0000-\u001f\u007f-\u009f/\\\p{Bidi_C}\u2028\u2029]/gu

/** What an `attr-char` of RFC 8187 is not, though `encodeURIComponent` leaves it as it is. */
const NOT_ATTR_CHAR = /['()*]/g

/** The header's value for a file to be saved under this name. ASCII, whatever the name is. */
export function attachment(name: string): string {
  // Half a surrogate pair is no character, and cannot be encoded.
  const clean = name.replace(DECEPTIVE, '_').replace(/\p{Cs}/gu, '\ufffd') || 'file'
  // For readers of the old form alone: '%' because some of them decode it.
  const fallback = clean.replace(/[^\x20-\x7e]|["%]/g, '_')
  const encoded = encodeURIComponent(clean).replace(
    NOT_ATTR_CHAR,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${fallback}"; filename*=UTF-8''${encoded}`
}
