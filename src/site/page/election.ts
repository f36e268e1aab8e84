/**
 * Which tab of a browser leads: one at a time joins the site's swarms, for all.
 *
 * A Web Lock says who leads, and passes on by itself when a tab closes. It is no proof of life, for a frozen tab keeps its lock: so visible tabs
 * ask the leader for a word time and again, and whoever gets none steals the lock, with a higher epoch. A leader that wakes up and finds its
 * lock stolen stops. The worker follows the highest epoch it hears of.
 */

import { openChannel } from './words.ts'

export interface ElectionOptions {
  /** One election for each name, in each origin. */
  readonly name: string
  /** This tab leads from now on. @param epoch higher than any before, as far as this tab knows */
  onElected(epoch: number): void
  /** This tab leads no longer. */
  onDeposed(): void
}

export interface Election {
  /** Stands for election, once more after `withdraw`. */
  stand(): void
  /** Leads no longer and stands no longer: the next tab takes over at once. */
  withdraw(): void
}

/** How often a visible tab looks whether the leader has answered, and how long that may take: who is silent is replaced within 2 s. */
const LOOK_MS = 250
const ANSWER_MS = 1_000

type Word = readonly ['ping'] | readonly ['pong', epoch: number]

export function createElection({ name, onElected, onDeposed }: ElectionOptions): Election {
  let channel: ReturnType<typeof openChannel> | undefined
  let timer: ReturnType<typeof setInterval> | undefined
  let leadingEpoch: number | undefined
  let lastEpoch = 0
  /** When the leader was asked for the word that it owes. */
  let askedAt: number | undefined
  let waiting = new AbortController()
  let release = (): void => {}
  let isStanding = false

  const say = (word: Word): void => channel?.postMessage(word)

  /** Waits for the lock, or takes it from who has it; leads while this tab has it. */
  async function request(options: LockOptions): Promise<void> {
    let hasLed = false
    const lead = async (): Promise<void> => {
      if (!isStanding) return
      hasLed = true
      leadingEpoch = lastEpoch = Math.max(Date.now(), lastEpoch + 1)
      onElected(leadingEpoch)
      await new Promise<void>(resolve => {
        release = resolve
      })
    }
    // A tab whose lock was stolen is told by an error, as is one that waits no longer.
    await navigator.locks.request(name, options, lead).catch(() => {})
    if (!hasLed) return
    leadingEpoch = undefined
    onDeposed()
    if (isStanding) wait()
  }

  function wait(): void {
    waiting = new AbortController()
    void request({ signal: waiting.signal })
  }

  function look(): void {
    const now = performance.now()
    if (leadingEpoch !== undefined || document.visibilityState !== 'visible') askedAt = undefined
    else if (askedAt === undefined) {
      askedAt = now
      say(['ping'])
    } else if (now - askedAt >= ANSWER_MS) {
      askedAt = undefined
      waiting.abort()
      void request({ steal: true })
    }
  }

  return {
    stand() {
      if (isStanding) return
      isStanding = true
      channel = openChannel(`${name} election`)
      channel.onmessage = ({ data }: { data: Word }) => {
        if (data[0] === 'ping' && leadingEpoch !== undefined) say(['pong', leadingEpoch])
        if (data[0] !== 'pong') return
        askedAt = undefined
        lastEpoch = Math.max(lastEpoch, Number(data[1]) || 0)
      }
      timer = setInterval(look, LOOK_MS)
      wait()
    },
    withdraw() {
      isStanding = false
      clearInterval(timer)
      channel?.close()
      waiting.abort()
      release()
    },
  }
}
