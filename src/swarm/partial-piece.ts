/** A piece on its way: which of its units are here, who sent them, and which are asked for. */

/** Stands for a web seed where a peer's handle is expected. */
export const ORIGIN = -1
const NOBODY = 0

export interface UnitRun {
  /** Index of the first unit. */
  readonly first: number
  /** Exclusive. */
  readonly end: number
}

export class PartialPiece<Body> {
  readonly piece: number
  readonly bytes: number
  readonly unitCount: number
  readonly #unitBytes: number
  #units: (Body | undefined)[]
  readonly #senders: Int32Array
  readonly #asked: Uint8Array
  #received = 0
  #firstOpen = 0
  /** A peer on parole that has the piece to itself. */
  exclusive: number | undefined
  /** It failed with units of several senders: the next attempt has one source, so that it tells who was bad. */
  isSuspect = false
  /** Where the piece is: being filled, or under a check. */
  state: 'filling' | 'checking' = 'filling'

  constructor(piece: number, bytes: number, unitBytes: number) {
    this.piece = piece
    this.bytes = bytes
    this.#unitBytes = unitBytes
    this.unitCount = Math.ceil(bytes / unitBytes)
    this.#units = new Array<Body | undefined>(this.unitCount).fill(undefined)
    this.#senders = new Int32Array(this.unitCount)
    this.#asked = new Uint8Array(this.unitCount)
  }

  get isWhole(): boolean {
    return this.#received === this.unitCount
  }

  get isEmpty(): boolean {
    return this.#received === 0
  }

  get units(): readonly Body[] {
    return this.#units as Body[]
  }

  isReceived(unit: number): boolean {
    return this.#senders[unit] !== NOBODY
  }

  sender(unit: number): number {
    return this.#senders[unit]!
  }

  /** Everyone who sent a unit that is here, once each. */
  senders(): number[] {
    return [...new Set(this.#senders)].filter(sender => sender !== NOBODY)
  }

  /** Whether a unit is neither here nor asked of anybody. */
  isOpen(unit: number): boolean {
    return this.#senders[unit] === NOBODY && this.#asked[unit] === 0
  }

  /** The first run of units, at most `unitsMax` long, that are neither here nor asked for. */
  nextOpen(unitsMax: number): UnitRun | undefined {
    let first = this.#firstOpen
    while (first < this.unitCount && !this.isOpen(first)) first++
    this.#firstOpen = first
    if (first === this.unitCount) return undefined
    let end = first + 1
    while (end < this.unitCount && end - first < unitsMax && this.isOpen(end)) end++
    return { first, end }
  }

  /** Runs of units that are not here, whether or not somebody was asked; each at most `unitsMax` long. */
  *missing(unitsMax: number): Generator<UnitRun> {
    for (let first = 0; first < this.unitCount; ) {
      if (this.isReceived(first)) {
        first++
        continue
      }
      let end = first + 1
      while (end < this.unitCount && end - first < unitsMax && !this.isReceived(end)) end++
      yield { first, end }
      first = end
    }
  }

  /** Whether somebody is asked for any unit. */
  isAsked(): boolean {
    return this.#asked.some(count => count > 0)
  }

  /** How many are asked for a unit now. */
  asked(unit: number): number {
    return this.#asked[unit]!
  }

  ask({ first, end }: UnitRun): void {
    for (let unit = first; unit < end; unit++) this.#asked[unit]!++
  }

  unask({ first, end }: UnitRun): void {
    for (let unit = first; unit < end; unit++) if (this.#asked[unit]! > 0) this.#asked[unit]!--
    if (first < this.#firstOpen) this.#firstOpen = first
  }

  /** @returns false where the unit was already here */
  receive(unit: number, body: Body, sender: number): boolean {
    if (this.isReceived(unit)) return false
    this.#units[unit] = body
    this.#senders[unit] = sender
    this.#received++
    return true
  }

  /** Throws away the units for which `discards` holds. @returns their bytes */
  discard(discards: (unit: number) => boolean): number {
    let bytes = 0
    for (let unit = 0; unit < this.unitCount; unit++) {
      if (!this.isReceived(unit) || !discards(unit)) continue
      this.#units[unit] = undefined
      this.#senders[unit] = NOBODY
      this.#received--
      bytes += this.unitLength(unit)
      if (unit < this.#firstOpen) this.#firstOpen = unit
    }
    return bytes
  }

  unitLength(unit: number): number {
    return Math.min(this.#unitBytes, this.bytes - unit * this.#unitBytes)
  }

  /** A run as a byte range of the piece. */
  range({ first, end }: UnitRun): { begin: number; length: number } {
    const begin = first * this.#unitBytes
    return { begin, length: Math.min(end * this.#unitBytes, this.bytes) - begin }
  }

  /** The units that a byte range covers, or undefined where it does not start and end on units. */
  run(begin: number, length: number): UnitRun | undefined {
    const last = begin + length
    if (begin % this.#unitBytes !== 0 || length <= 0 || last > this.bytes) return undefined
    if (last !== this.bytes && last % this.#unitBytes !== 0) return undefined
    return { first: begin / this.#unitBytes, end: Math.ceil(last / this.#unitBytes) }
  }
}
