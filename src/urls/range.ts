/** Byte ranges of HTTP (RFC 9110, section 14). */

export interface ByteRange {
  readonly startByte: number
  /** Exclusive. */
  readonly endByte: number
}

/**
 * What a `Range` header asks for of so many bytes; undefined where it is to be ignored: there is none, it is malformed, in
 * another unit, or asks for several ranges. `unsatisfiable`: it lies outside.
 */
export function parseRange(header: string | null, lengthBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? []
  if (first === '') {
    if (last === '') return undefined
    const suffixBytes = Math.min(Number(last), lengthBytes)
    return suffixBytes === 0 ? 'unsatisfiable' : { startByte: lengthBytes - suffixBytes, endByte: lengthBytes }
  }
  const startByte = Number(first)
  const endByte = last === '' ? lengthBytes : Math.min(Number(last) + 1, lengthBytes)
  if (last !== '' && Number(last) < startByte) return undefined
  return startByte >= lengthBytes ? 'unsatisfiable' : { startByte, endByte }
}
