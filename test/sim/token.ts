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
  return { bytes, runs: bytes === 0 ? [] : [{ piece, begin, bytes, forgery: 0 }] }
}

/** The same place and length, other bytes. */
export function forge(token: Token, forgery: number): Token {
  return tokenOf(token.runs.map(run => ({ ...run, forgery })))
}

export function isForged(token: Token): boolean {
  for (const run of token.runs) if (run.forgery !== 0) return true
  return false
}

// Tokens are cut and joined millions of times in a run: plain loops, and one object less each time, are worth it here.
export const tokenOps: BodyOps<Token> = {
  length: token => token.bytes,

  slice(token, begin, end) {
    if (begin < 0 || end < begin || end > token.bytes) {
      throw new RangeError(`slice ${begin}–${end} of a body of ${token.bytes} bytes`)
    }
    const runs: Run[] = []
    let position = 0
    for (const { piece, begin: runBegin, bytes, forgery } of token.runs) {
      const from = Math.max(begin, position) - position
      const to = Math.min(end, position + bytes) - position
      if (from < to) runs.push({ piece, begin: piece === ZEROS ? 0 : runBegin + from, bytes: to - from, forgery })
      position += bytes
    }
    return { bytes: end - begin, runs }
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

  concat(tokens) {
    const runs: Run[] = []
    let bytes = 0
    /** The run that is being put together: it ends when one comes that does not follow it. */
    let open: { -readonly [K in keyof Run]: Run[K] } | undefined
    for (const token of tokens) {
      bytes += token.bytes
      for (const run of token.runs) {
        if (open !== undefined && follows(open, run)) open.bytes += run.bytes
        else {
          open = { ...run }
          runs.push(open)
        }
      }
    }
    return { bytes, runs }
  },
}

function tokenOf(runs: readonly Run[]): Token {
  return tokenOps.concat(runs.filter(run => run.bytes > 0).map(run => ({ bytes: run.bytes, runs: [run] })))
}

function follows(before: Run, run: Run): boolean {
  return (
    before.piece === run.piece &&
    before.forgery === run.forgery &&
    (run.piece === ZEROS || before.begin + before.bytes === run.begin)
  )
}

/** For traces: `3:0+16384`, forgeries with a `!`. */
export function describe(token: Token): string {
  return token.runs
    .map(run => `${run.piece}:${run.begin}+${run.bytes}${run.forgery === 0 ? '' : `!${run.forgery}`}`)
    .join(' ')
}
