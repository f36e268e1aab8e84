/**
 * What travels in a simulation instead of bytes: a token that says which bytes of the torrent it stands for. Gigabytes
 * cost nothing, and a byte at the wrong place or from a forger is told from the right one as surely as by its hash.
 */
import type { BodyOps } from '../../src/swarm/events.ts'

/** Consecutive bytes of one origin. */
export interface Run {
  /** The piece that the bytes belong to; `ZEROS` for padding. */
  readonly piece: number
  /** Offset of the first byte in its piece (0 for zeros). */
  readonly begin: number
  readonly bytes: number
  /** 0: genuine. Else the number of the forgery: two forgeries differ in their bytes. */
  readonly forgery: number
}

export interface Token {
  readonly bytes: number
  /** In order, neighbours merged: equal tokens have equal runs. */
  readonly runs: readonly Run[]
}

/** The `piece` of zero bytes. */
export const ZEROS = -1

/** The genuine bytes of a run of a piece. */
export function genuine(piece: number, begin: number, bytes: number): Token {
  return tokenOf([{ piece, begin, bytes, forgery: 0 }])
}

/** The same place and length, other bytes. */
export function forge(token: Token, forgery: number): Token {
  return tokenOf(token.runs.map(run => ({ ...run, forgery })))
}

export function isForged(token: Token): boolean {
  return token.runs.some(run => run.forgery !== 0)
}

export const tokenOps: BodyOps<Token> = {
  length: token => token.bytes,

  slice(token, begin, end) {
    if (begin < 0 || end < begin || end > token.bytes) {
      throw new RangeError(`slice ${begin}–${end} of a body of ${token.bytes} bytes`)
    }
    const runs: Run[] = []
    let position = 0
    for (const run of token.runs) {
      const from = Math.max(begin, position) - position
      const to = Math.min(end, position + run.bytes) - position
      if (from < to) runs.push({ ...run, begin: run.piece === ZEROS ? 0 : run.begin + from, bytes: to - from })
      position += run.bytes
    }
    return tokenOf(runs)
  },

  equal(a, b) {
    if (a.bytes !== b.bytes || a.runs.length !== b.runs.length) return false
    return a.runs.every((run, index) => {
      const other = b.runs[index]!
      return (
        run.piece === other.piece &&
        run.begin === other.begin &&
        run.bytes === other.bytes &&
        run.forgery === other.forgery
      )
    })
  },

  zeros: length => tokenOf([{ piece: ZEROS, begin: 0, bytes: length, forgery: 0 }]),

  concat: tokens => tokenOf(tokens.flatMap(token => token.runs)),
}

function tokenOf(runs: readonly Run[]): Token {
  const merged: Run[] = []
  let bytes = 0
  for (const run of runs) {
    if (run.bytes === 0) continue
    bytes += run.bytes
    const last = merged.at(-1)
    const follows =
      last !== undefined &&
      last.piece === run.piece &&
      last.forgery === run.forgery &&
      (run.piece === ZEROS || last.begin + last.bytes === run.begin)
    if (follows) merged[merged.length - 1] = { ...last, bytes: last.bytes + run.bytes }
    else merged.push(run)
  }
  return { bytes, runs: merged }
}

/** For traces: `3:0+16384`, forgeries with a `!`. */
export function describe(token: Token): string {
  return token.runs
    .map(run => `${run.piece}:${run.begin}+${run.bytes}${run.forgery === 0 ? '' : `!${run.forgery}`}`)
    .join(' ')
}
