/** What can be set on the page, and how it is kept in its address, so that a swarm can be shown to somebody else. */

export interface Settings {
  /** What chance is drawn from: the same settings and seed give the same swarm, event by event. */
  readonly seed: number
  /** Visitors that download, polluters among them. */
  readonly peers: number
  /** Average upload of a visitor, Mbit/s. */
  readonly upload: number
  /** Percent of visitors that leave before they are done, and come back. */
  readonly churn: number
  /** Percent of visitors that send bad data. */
  readonly polluters: number
  /** Whether a web server helps the seed. */
  readonly origin: boolean
}

export type NumberName = { [K in keyof Settings]: Settings[K] extends number ? K : never }[keyof Settings]

interface Range {
  readonly min: number
  readonly max: number
  readonly step: number
  readonly initial: number
}

export const RANGES: Readonly<Record<NumberName, Range>> = {
  seed: { min: 0, max: 999_999, step: 1, initial: 1 },
  peers: { min: 2, max: 150, step: 1, initial: 40 },
  upload: { min: 1, max: 20, step: 1, initial: 4 },
  churn: { min: 0, max: 100, step: 5, initial: 0 },
  polluters: { min: 0, max: 50, step: 5, initial: 0 },
}

const NUMBER_NAMES = Object.keys(RANGES) as NumberName[]

/** @param search of an address; what makes no sense in it is left at its default */
export function readSettings(search: string): Settings {
  const query = new URLSearchParams(search)
  const numbers = NUMBER_NAMES.map(name => [name, readNumber(query.get(name), RANGES[name])] as const)
  return { ...(Object.fromEntries(numbers) as Record<NumberName, number>), origin: query.get('origin') === 'on' }
}

/** @returns the `?…` of an address that leads to these settings */
export function writeSettings(settings: Settings): string {
  const query = new URLSearchParams()
  for (const name of NUMBER_NAMES) {
    if (name === 'seed' || settings[name] !== RANGES[name].initial) query.set(name, String(settings[name]))
  }
  if (settings.origin) query.set('origin', 'on')
  return `?${query}`
}

function readNumber(text: string | null, { min, max, step, initial }: Range): number {
  if (text === null || !/^\d{1,6}$/.test(text)) return initial
  const steps = Math.round((Number(text) - min) / step)
  return Math.min(max, Math.max(min, min + steps * step))
}
