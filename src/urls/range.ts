/** Byte ranges of HTTP (RFC 9110, section 14). */

export interface ByteRange {
  readonly fromByte: number
  /** Exclusive. */
  readonly toByte: number
}

/**
 * What a `Range` header asks for of so many bytes; undefined where it is to be ignored: there is none, it is malformed, in
 * another unit, or asks for several ranges. `unsatisfiable`: it lies outside.
 */
export function parseRange(header: string | null, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? []
  if (first === '') {
    if (last === '') return undefined
    const suffixBytes = Math.min(Number(last), sizeBytes)
    return suffixBytes === 0 ? 'unsatisfiable' : { fromByte: sizeBytes - suffixBytes, toByte: sizeBytes }
  }
  const fromByte = Number(first)
  const toByte = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes)
  if (last !== '' && Number(last) < fromByte) return undefined
  return fromByte >= sizeBytes ? 'unsatisfiable' : { fromByte, toByte }
}
