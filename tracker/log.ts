/** What the tracker tells its operator: one line of JSON each (pino). Who somebody is is left out unless the operator wants to know. */
import { type DestinationStream, pino } from 'pino'

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const

export interface LogOptions {
  readonly level: (typeof LOG_LEVELS)[number]
  /** Whether lines name clients' addresses. */
  readonly hasAddresses: boolean
}

/** The part of pino that is used here. */
export interface Log {
  error(about: object, what: string): void
  warn(about: object, what: string): void
  info(about: object, what: string): void
  debug(about: object, what: string): void
}

export const NO_LOG: Log = { error() {}, warn() {}, info() {}, debug() {} }

/** @param to standard error by default, since standard output says where the tracker listens */
export function openLog({ level, hasAddresses }: LogOptions, to: DestinationStream = pino.destination(2)): Log {
  const redact = hasAddresses ? {} : { redact: { paths: ['address'], remove: true } }
  return pino({ level, base: null, ...redact }, to)
}
