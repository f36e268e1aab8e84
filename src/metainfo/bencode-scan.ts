/**
 * Walking over bencode without building anything (BEP 3).
 *
 * `validate` is the only judge of form: one pass, memory for at most `depthMax` nested values. Everything else walks bytes that passed it.
 */
import { ShoalError } from '../errors.ts'

/** The bytes that bencode gives a meaning. */
export const CODE = { integer: 0x69, list: 0x6c, dict: 0x64, end: 0x65, colon: 0x3a, minus: 0x2d, zero: 0x30 } as const

/**
 * Checks the value that starts at `start`: canonical numbers, keys sorted and unique, nesting within `depthMax`.
 * @returns where it ends
 * @throws ShoalError `invalid-bencode`
 */
export function validate(bytes: Uint8Array, start: number, depthMax: number): number {
  const code = bytes[start]
  if (code === CODE.integer) return validateInteger(bytes, start)
  if (code !== CODE.list && code !== CODE.dict) return validateString(bytes, start)
  if (depthMax === 0) fail('values are nested too deeply', start)
  let at = start + 1
  let previousBegin = 0
  let previousEnd = 0
  while (bytes[at] !== CODE.end) {
    if (at >= bytes.length) fail('a list or dictionary is not closed', start)
    if (code === CODE.dict) {
      const end = validateString(bytes, at)
      const begin = stringBegin(bytes, at)
      const isFirst = previousEnd === 0
      if (!isFirst && compareRanges(bytes, previousBegin, previousEnd, begin, end) >= 0) {
        fail('the keys of a dictionary are not sorted, or one stands twice', at)
      }
      previousBegin = begin
      previousEnd = end
      at = end
    }
    at = validate(bytes, at, depthMax - 1)
  }
  return at + 1
}

/** Where a valid value ends. */
export function skip(bytes: Uint8Array, start: number): number {
  let at = start
  let depth = 0
  do {
    const code = bytes[at]
    if (code === CODE.end) {
      depth--
      at++
    } else if (code === CODE.list || code === CODE.dict) {
      depth++
      at++
    } else if (code === CODE.integer) {
      at = bytes.indexOf(CODE.end, at) + 1
    } else {
      at = stringEnd(bytes, at)
    }
  } while (depth > 0)
  return at
}

/** Where the content of a valid byte string begins. */
export function stringBegin(bytes: Uint8Array, start: number): number {
  return bytes.indexOf(CODE.colon, start) + 1
}

/** Where a valid byte string ends. */
export function stringEnd(bytes: Uint8Array, start: number): number {
  let length = 0
  let at = start
  for (; bytes[at] !== CODE.colon; at++) length = length * 10 + (bytes[at]! - CODE.zero)
  return at + 1 + length
}

/** The number that a valid integer at `start` stands for. */
export function integerAt(bytes: Uint8Array, start: number): number {
  const isNegative = bytes[start + 1] === CODE.minus
  let value = 0
  for (let at = start + (isNegative ? 2 : 1); bytes[at] !== CODE.end; at++)
    value = value * 10 + (bytes[at]! - CODE.zero)
  return isNegative ? -value : value
}

/** Orders two runs of `bytes` lexicographically. */
function compareRanges(bytes: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): number {
  const length = Math.min(aEnd - a, bEnd - b)
  for (let i = 0; i < length; i++) {
    const difference = bytes[a + i]! - bytes[b + i]!
    if (difference !== 0) return difference
  }
  return aEnd - a - (bEnd - b)
}

function validateInteger(bytes: Uint8Array, start: number): number {
  const isNegative = bytes[start + 1] === CODE.minus
  const digits = start + (isNegative ? 2 : 1)
  const end = validateDigits(bytes, digits, CODE.end)
  if (isNegative && bytes[digits] === CODE.zero) fail('minus zero is not a number', start)
  return end
}

function validateString(bytes: Uint8Array, start: number): number {
  const begin = validateDigits(bytes, start, CODE.colon)
  const end = stringEnd(bytes, start)
  if (end > bytes.length) fail(`a string of ${end - begin} bytes goes past the end`, start)
  return end
}

/** Checks a run of decimal digits without leading zeros, at most 2⁵³ − 1, that `terminator` ends. */
function validateDigits(bytes: Uint8Array, start: number, terminator: number): number {
  let value = 0
  let at = start
  for (; ; at++) {
    const digit = bytes[at]! - CODE.zero
    if (!(digit >= 0 && digit <= 9)) break
    value = value * 10 + digit
    if (value > Number.MAX_SAFE_INTEGER) fail('a number is too large', start)
  }
  if (at === start || bytes[at] !== terminator) fail('this is not bencode', at)
  if (bytes[start] === CODE.zero && at > start + 1) fail('a number has leading zeros', start)
  return at + 1
}

function fail(what: string, at: number): never {
  throw new ShoalError('invalid-bencode', `The data is damaged or not bencoded: ${what} (byte ${at}).`, {
    details: { at },
  })
}
