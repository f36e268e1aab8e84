/** Moves over bencode (BEP 3) without building anything: the only judge of its form. */
import { ShoalError } from '../errors.ts'
import { toLatin1 } from './bytes.ts'

/** The bytes that bencode gives a meaning. */
export const CODE = {
  integer: 0x69,
  list: 0x6c,
  dict: 0x64,
  end: 0x65,
  colon: 0x3a,
  minus: 0x2d,
  zero: 0x30,
  nine: 0x39,
} as const

/** Of 2⁵³ − 1. */
const INTEGER_DIGITS_MAX = 16

/** Of a string's length: a gigabyte, which keeps the arithmetic to small integers. */
const LENGTH_DIGITS_MAX = 9

/** A place in bencode that moves over values: the only judge of their form. */
export class Cursor {
  at: number
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes
    this.at = at
  }

  get code(): number | undefined {
    return this.bytes[this.at]
  }

  /** Whether the list or dictionary ends here. */
  get isAtEnd(): boolean {
    return this.code === CODE.end
  }

  /** Moves past a value. Builds nothing, so that checking costs no memory. */
  skip(depthMax: number): void {
    const { code } = this
    if (code === CODE.integer) return this.#integer()
    if (code !== CODE.list && code !== CODE.dict) return void this.#string()
    if (depthMax === 0) fail(this.at)
    this.at++
    let previous = 0
    let previousEnd = 0
    while (!this.isAtEnd) {
      if (code === CODE.dict) {
        const begin = this.#string()
        if (previous > 0 && !this.#isBefore(previous, previousEnd, begin)) {
          fail(begin)
        }
        previous = begin
        previousEnd = this.at
      }
      this.skip(depthMax - 1)
    }
    this.at++
  }

  /** The integer here; moves past it. */
  integer(): number {
    const start = this.at + 1
    this.#integer()
    return this.#numberFrom(start)
  }

  /** The bytes of the string here, a view; moves past it. */
  string(): Uint8Array {
    return this.bytes.subarray(this.#string(), this.at)
  }

  /** Moves past an integer. Does not return it: engines allocate for numbers that may not be small. */
  #integer(): void {
    const start = ++this.at
    if (this.bytes[start] === CODE.minus && this.bytes[++this.at] === CODE.zero) fail(start)
    const digitCount = this.#digits(CODE.end, INTEGER_DIGITS_MAX)
    if (digitCount === INTEGER_DIGITS_MAX && !Number.isSafeInteger(this.#numberFrom(start))) fail(start)
  }

  /** The integer whose first character is at `start` and that ends here. */
  #numberFrom(start: number): number {
    return Number(toLatin1(this.bytes.subarray(start, this.at - 1)))
  }

  /** Moves past a string. @returns where its content begins */
  #string(): number {
    const start = this.at
    this.#digits(CODE.colon, LENGTH_DIGITS_MAX)
    const begin = this.at
    let length = 0
    for (let at = start; at < begin - 1; at++) length = length * 10 + this.bytes[at]! - CODE.zero
    if (length > this.bytes.length - begin) fail(begin)
    this.at = begin + length
    return begin
  }

  /** Moves past decimal digits without leading zeros and what ends them. @returns how many they are */
  #digits(terminator: number, countMax: number): number {
    const start = this.at
    while (this.bytes[this.at]! >= CODE.zero && this.bytes[this.at]! <= CODE.nine) this.at++
    const count = this.at - start
    const isCanonical = count === 1 || (count > 1 && count <= countMax && this.bytes[start] !== CODE.zero)
    if (!isCanonical || this.bytes[this.at++] !== terminator) fail(start)
    return count
  }

  /** Whether the bytes from `begin` to `end` stand before those from `other` to here. */
  #isBefore(begin: number, end: number, other: number): boolean {
    const bytes = this.bytes
    let at = begin
    let otherAt = other
    while (at < end && otherAt < this.at && bytes[at] === bytes[otherAt]) {
      at++
      otherAt++
    }
    return otherAt < this.at && (at === end || bytes[at]! < bytes[otherAt]!)
  }
}

/** @throws ShoalError `invalid-bencode` */
export function fail(at: number): never {
  throw new ShoalError('invalid-bencode', `The data is damaged or not bencoded (byte ${at}).`, { details: { at } })
}
