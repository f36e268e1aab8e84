/**
 * How close what is alike stands in the bundle: what gzip makes of an order, estimated much faster than gzip tells.
 *
 * A shred of code costs little where it was not long ago, and all of it where it is not within reach. So each is worth something, by
 * how far back it was; and a move changes that for the shreds of what is moved, before and behind it.
 */

/** Lengths of shreds. */
const SHRED_CHARS = [3, 5, 8, 12]
/** Shreds that more of the statements have tell nothing. */
const OWNERS_MAX = 16
/** How far back gzip looks. */
const WINDOW_CHARS = 32_768
/** What a shred is worth by how far back it was: all of it right behind, and less the more bits say how far. */
const WORTH = Float64Array.from({ length: WINDOW_CHARS }, (_, chars) => 1 - (0.7 * Math.log2(1 + chars)) / 15)

export class Closeness {
  #indexes
  #lengths
  /** Where each statement begins. */
  #starts
  /** Of each statement's shreds: where it has it first and last, how many numbers follow, and for every other: who, and the same. */
  #shreds

  /** The last of them stands behind all others for ever. */
  constructor(statements) {
    this.#indexes = new Map(statements.map((statement, index) => [statement, index]))
    this.#lengths = statements.map(({ text }) => text.length)
    this.#starts = new Int32Array(statements.length)
    const shreds = statements.map(() => [])
    for (const owners of ownersOf(statements).values()) {
      if (owners.length === 1 || owners.length > OWNERS_MAX) continue
      for (const one of owners) {
        shreds[one.index].push(one.first, one.last, 3 * (owners.length - 1))
        for (const other of owners) if (other !== one) shreds[one.index].push(other.index, other.first, other.last)
      }
    }
    this.#shreds = shreds.map(numbers => Int32Array.from(numbers))
  }

  /** By how much the whole is closer when the statement at `from` moves to where the one at `to` is. */
  gain(order, from, to) {
    let end = 0
    for (const statement of order) {
      const index = this.#indexes.get(statement)
      this.#starts[index] = end
      end += this.#lengths[index]
    }
    this.#starts[this.#starts.length - 1] = end
    const [moved, place] = [order[from], order[to]].map(statement => this.#indexes.get(statement))
    const length = this.#lengths[moved]
    const at = this.#starts[place] + (to > from ? this.#lengths[place] : 0)
    return this.#worth(moved, at, length, 0) - this.#worth(moved, this.#starts[moved], 0, length)
  }

  /** What a statement's shreds gain from standing at a place, if what is behind makes room, and closes up where it stood. */
  #worth(statement, at, room, gap) {
    const shreds = this.#shreds[statement]
    let worth = 0
    for (let n = 0; n < shreds.length; ) {
      const [first, last, end] = [at + shreds[n], at + shreds[n + 1], n + 3 + shreds[n + 2]]
      let before = Number.NEGATIVE_INFINITY
      let behind = Number.POSITIVE_INFINITY
      for (n += 3; n < end; n += 3) {
        const start = this.#starts[shreds[n]]
        if (start < at) before = Math.max(before, start + shreds[n + 2])
        else behind = Math.min(behind, start + shreds[n + 1])
      }
      worth += worthOf(first - before) + worthOf(behind + room - last) - worthOf(behind - before - gap)
    }
    return worth
  }
}

function worthOf(chars) {
  return chars < WINDOW_CHARS ? WORTH[Math.max(0, chars)] : 0
}

/** Who has each shred, and where: first and last. */
function ownersOf(statements) {
  const owners = new Map()
  for (const [index, { text }] of statements.entries()) {
    for (const chars of SHRED_CHARS) {
      for (let at = 0; at + chars <= text.length; at++) {
        const shred = text.slice(at, at + chars)
        const known = owners.get(shred) ?? []
        if (known.at(-1)?.index === index) known.at(-1).last = at
        else known.push({ index, first: at, last: at })
        owners.set(shred, known)
      }
    }
  }
  return owners
}
