/**
 * What a browser remembers of a site from visit to visit, a few hundred bytes in localStorage: what was believed last, the visitor's word, a
 * draw, and what was sent today. Where the page has no localStorage it remembers until it is closed.
 */
import { fromHex, toHex } from '../../metainfo/bytes.ts'
import type { Accepted } from '../trust.ts'

interface Notes {
  /** Bytes in hex. */
  readonly accepted?: object | undefined
  readonly consent?: boolean | undefined
  /** 0 ≤ x < 100, drawn once: who is within the rollout. */
  readonly draw?: number
  readonly sent?: { readonly day: string; readonly bytes: number }
}

export class Notebook {
  readonly #name: string
  #notes: Notes = {}

  /** @param name of the site, the same in all its tabs */
  constructor(name: string) {
    this.#name = name
  }

  get accepted(): Accepted | undefined {
    const { accepted } = this.#read()
    if (accepted === undefined) return undefined
    const { infoHash, key, retired, ...rest } = accepted as Record<string, unknown>
    const bytes = [infoHash, key, ...(Array.isArray(retired) ? retired : [undefined])].map(hex => fromHex(String(hex)))
    // Altered by another hand: as if nothing had been believed.
    if (bytes.includes(undefined)) return undefined
    const [infoHashBytes, keyBytes, ...retiredBytes] = bytes as Uint8Array[]
    return { ...rest, infoHash: infoHashBytes, key: keyBytes, retired: retiredBytes } as unknown as Accepted
  }

  set accepted(accepted: Accepted | undefined) {
    const { infoHash, key, retired, ...rest } = accepted ?? {}
    const hex = accepted && { ...rest, infoHash: toHex(infoHash!), key: toHex(key!), retired: retired!.map(toHex) }
    this.#write({ accepted: hex })
  }

  /** What the visitor said; undefined: nothing yet. */
  get consent(): boolean | undefined {
    return this.#read().consent
  }

  set consent(isGranted: boolean | undefined) {
    this.#write({ consent: isGranted })
  }

  get draw(): number {
    const { draw } = this.#read()
    if (typeof draw === 'number') return draw
    const drawn = Math.random() * 100
    this.#write({ draw: drawn })
    return drawn
  }

  /** Bytes sent today, by the visitor's calendar. */
  get sentTodayBytes(): number {
    const { sent } = this.#read()
    return sent?.day === today() ? sent.bytes : 0
  }

  addSent(bytes: number): void {
    this.#write({ sent: { day: today(), bytes: this.sentTodayBytes + bytes } })
  }

  #read(): Notes {
    try {
      const notes: unknown = JSON.parse(localStorage.getItem(this.#name) ?? '{}')
      if (typeof notes === 'object' && notes !== null) this.#notes = notes
    } catch {
      // Blocked, or not ours: what this page remembers has to do.
    }
    return this.#notes
  }

  #write(news: Notes): void {
    this.#notes = { ...this.#read(), ...news }
    try {
      localStorage.setItem(this.#name, JSON.stringify(this.#notes))
    } catch {
      // As above.
    }
  }
}

function today(): string {
  return new Date().toDateString()
}
