/**
 * What a command says: results on standard output, remarks and progress on standard error. On a terminal
 * progress is one line that is written over; elsewhere it is a plain line now and then.
 */
import { formatBar, formatPercent } from './format.ts'

export interface Terminal {
  /** A line of the result, for people and for programs that read it. */
  print(line: string): void
  /** A remark: not part of the result. */
  note(line: string): void
  /** Replaces the status line. */
  status(status: Status): void
  /** Takes the status line away, at the end of what it was about. */
  clear(): void
}

export interface Status {
  readonly text: string
  /** 0..1: drawn as a bar. */
  readonly share?: number
  /** Names the phase: where the status is not one line written over, a change of it is worth a new line. */
  readonly phase: string
}

/** The part of a Node stream that is needed here. */
export interface TextOutput {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface TerminalOptions {
  readonly stdout: TextOutput
  readonly stderr: TextOutput
  /** Milliseconds; any origin. */
  readonly now: () => number
}

/** Ten times a second is as fast as a person reads, and cheap. */
const REDRAW_INTERVAL_MS = 100
/** A log wants a sign of life, not a film. */
const PLAIN_INTERVAL_MS = 30_000
/** Shares of progress that are worth a plain line. */
const PLAIN_STEPS = 10
const COLUMNS_DEFAULT = 80
const BAR_COLUMNS_MAX = 30

/** @returns a terminal on these streams */
export function openTerminal({ stdout, stderr, now }: TerminalOptions): Terminal {
  const isLive = stderr.isTTY === true
  let isDrawn = false
  let lastAt = Number.NEGATIVE_INFINITY
  let lastMark = ''
  let lastText = ''

  const clear = (): void => {
    if (isDrawn) stderr.write('\r\x1b[K')
    isDrawn = false
  }

  const draw = (status: Status): void => {
    const at = now()
    if (status.phase === lastMark && at - lastAt < REDRAW_INTERVAL_MS) return
    lastAt = at
    lastMark = status.phase
    const columns = (stderr.columns ?? COLUMNS_DEFAULT) - 1
    stderr.write(`\r${fit(liveLine(status, columns), columns)}\x1b[K`)
    isDrawn = true
  }

  const log = (status: Status): void => {
    const at = now()
    const mark = `${status.phase} ${Math.floor((status.share ?? 0) * PLAIN_STEPS)}`
    const text = safeText(plainLine(status))
    if (mark === lastMark && (at - lastAt < PLAIN_INTERVAL_MS || text === lastText)) return
    lastAt = at
    lastMark = mark
    lastText = text
    stderr.write(`${text}\n`)
  }

  return {
    print(line) {
      clear()
      stdout.write(`${safeText(line)}\n`)
    },
    note(line) {
      clear()
      stderr.write(`${safeText(line)}\n`)
    },
    status: isLive ? draw : log,
    clear,
  }
}

/**
 * Text that cannot steer a terminal: names and messages come from strangers, and an escape sequence in one
 * could rewrite what is on the screen. Control characters become U+FFFD; line feeds and tabs stay. Marks that
 * turn the direction of writing are dropped for the same reason.
 */
export function safeText(text: string): string {
  return text
    .replace(/[\p{Cc}]/gu, character => (character === '\n' || character === '\t' ? character : '\ufffd'))
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
}

function liveLine(status: Status, columns: number): string {
  if (status.share === undefined) return status.text
  const bar = formatBar(status.share, Math.min(BAR_COLUMNS_MAX, Math.max(10, Math.floor(columns / 3))))
  return `${bar} ${formatPercent(status.share).padStart(5)}  ${status.text}`
}

function plainLine(status: Status): string {
  return status.share === undefined ? status.text : `${formatPercent(status.share)}  ${status.text}`
}

function fit(text: string, columns: number): string {
  const characters = [...safeText(text)]
  return characters.length <= columns ? characters.join('') : `${characters.slice(0, columns - 1).join('')}…`
}
