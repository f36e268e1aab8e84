/**
 * Names that compress best for variables, private members and inner properties: gzip finds repetitions, so code that does alike should
 * read alike to the letter.
 *
 * Each name gets the shortest that is free, those in most use first. Then names are changed, or swapped with those of rivals, where that
 * makes more of the code around them read as it does elsewhere. What is tried is drawn by a fixed rule, so that the same code gives the
 * same bundle.
 */
import { OpenNames } from './open-names.js'
import { joined } from './order.js'
import { randomNumbers } from './random.js'

/** Letters that code is full of come first. */
const LETTERS = [...'teisrhnaolucdfpgmwbykvxSMBTCADPIEzqjRFLNOUVWHGKJQYXZ']
const SHORT = [...LETTERS, ...LETTERS.flatMap(last => LETTERS.map(first => first + last))]
const RESERVED = ['do', 'if', 'in']
/** How many of the best are left to variables in functions. */
const LOCAL_LETTERS = 6
/** Lengths of the shreds of code by which likeness is told. */
const SHRED_CHARS = [3, 5, 7, 9]
/** How often all names are gone through, and what is tried for each. */
const ROUNDS = 8
const TRIALS = 12
/** Of how many short names with one letter, and with two, one is drawn. */
const DRAWN_FROM = [14, 400]
/** How many names may be changed at once. */
const GROUP_MAX = 12
const TABLE_BITS = 22

/** A rollup plugin that names what terser left open. @param seed of what is drawn */
export function bestNames(seed) {
  return {
    name: 'best-names',
    renderChunk(code) {
      const { all: names, taken } = new OpenNames(code)
      const short = SHORT.filter(text => !taken.has(text) && !RESERVED.includes(text))
      nameShortly(names, short)
      improve(new Text(piecesOf(code, names)), names, short, randomNumbers(seed))
      return joined(piecesOf(code, names))
    },
  }
}

/** Gives each the first name that no rival has. Globals come first, for most of the others must differ from some. */
function nameShortly(names, short) {
  names.sort((a, b) => b.home.isGlobal - a.home.isGlobal || b.places.length - a.places.length)
  for (const name of names) {
    const taken = new Set([...name.rivals].map(({ text }) => text))
    name.text = short.slice(name.home.isGlobal ? LOCAL_LETTERS : 0).find(text => !taken.has(text))
  }
}

function improve(text, names, short, random) {
  const drawn = [1, 2].map((length, index) => short.filter(text => text.length === length).slice(0, DRAWN_FROM[index]))
  for (let n = 0; n < ROUNDS; n++) {
    for (const name of names) {
      for (let trial = 0; trial < TRIALS; trial++) {
        const from = drawn[name.text.length - 1]
        text.tryToRename(name, from[random(from.length)])
      }
    }
  }
}

/** The code, in which names change but keep their lengths, and how often each shred of it is there. */
class Text {
  #chars
  /** Where each name begins. */
  #starts = new Map()
  /** How often there are shreds, by their hashes. */
  #counts = new Int32Array(2 ** TABLE_BITS)

  constructor(pieces) {
    let length = 0
    for (const { text, name } of pieces) {
      if (name !== undefined) this.#starts.set(name, [...(this.#starts.get(name) ?? []), length])
      length += text.length
    }
    const text = pieces.map(piece => piece.text).join('')
    // What is behind the end belongs to the last shreds.
    this.#chars = Uint16Array.from({ length: length + Math.max(...SHRED_CHARS) }, (_, at) => text.charCodeAt(at))
    this.#count(this.#shreds([0], length), 1)
  }

  /** Gives a name another text, and this one's to those rivals that have it already, if that makes the text more like itself. */
  tryToRename(name, to) {
    const from = name.text
    const group = groupOf(name, to)
    if (from === to || group.length > GROUP_MAX) return
    const starts = group.flatMap(each => this.#starts.get(each)).sort((a, b) => a - b)
    const before = this.#shreds(starts, from.length)
    this.#count(before, -1)
    this.#swap(group, from, to)
    const after = this.#shreds(starts, from.length)
    if (this.#worth(after) > this.#worth(before)) {
      this.#count(after, 1)
    } else {
      this.#swap(group, to, from)
      this.#count(before, 1)
    }
  }

  #swap(group, one, other) {
    for (const name of group) {
      name.text = name.text === one ? other : one
      const codes = [...name.text].map(char => char.charCodeAt(0))
      for (const start of this.#starts.get(name)) this.#chars.set(codes, start)
    }
  }

  /** The hash of every shred that has to do with the words of a length which begin there. */
  #shreds(starts, length) {
    const hashes = []
    for (const chars of SHRED_CHARS) {
      let at = 0
      for (const start of starts) {
        for (at = Math.max(at, start - chars + 1); at < start + length; at++) hashes.push(this.#hash(at, chars))
      }
    }
    return hashes
  }

  #hash(at, length) {
    let hash = length
    for (let n = at; n < at + length; n++) hash = Math.imul(hash ^ this.#chars[n], 0x9e3779b1) ^ (hash >>> 15)
    return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> (32 - TABLE_BITS)
  }

  #count(hashes, change) {
    for (const hash of hashes) this.#counts[hash] += change
  }

  /** How much of these shreds is elsewhere too. That there are more counts ever less. */
  #worth(hashes) {
    let worth = 0
    for (const hash of hashes) worth += Math.log2(1 + this.#counts[hash])
    return worth
  }
}

/** A name and all that must change with it when it becomes `to`: rivals that are called that take its text, and so on. */
function groupOf(name, to) {
  const group = new Set([name])
  for (const { rivals, text } of group) {
    const other = text === to ? name.text : to
    for (const rival of rivals) if (rival.text === other) group.add(rival)
    if (group.size > GROUP_MAX) break
  }
  return [...group]
}

/** The code in pieces: names, and what is between them. `start` is where each was. */
function piecesOf(code, names) {
  const places = names.flatMap(name => name.places.map(place => ({ ...place, name })))
  places.sort((a, b) => a.start - b.start)
  let at = 0
  const pieces = places.flatMap(({ start, end, name }) => {
    const between = { text: code.slice(at, start), start: at }
    at = end
    return [between, { text: name.text, start, name }]
  })
  return [...pieces, { text: code.slice(at), start: at }]
}
