/**
 * Asks the meeting point how many are in a swarm (a scrape, `tracker/PROTOCOL.md`). Full copies part from each other, and a
 * tracker tells its count only every two minutes: to say "you can close this tab" exactly when it is so, the page asks.
 */

export interface Count {
  readonly seeds: number
  readonly leeches: number
}

export interface Census {
  /** What was answered last; undefined: nothing yet, or not any more. */
  readonly count: Count | undefined
  /** Whether to go on asking. */
  want(isWanted: boolean): void
}

const INTERVAL_MS = 2_000

/** @param url of the tracker @param infoHash hex; v2 hashes are cut, as on the wire */
export function census(url: string, infoHash: () => string): Census {
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setInterval> | undefined
  let count: Count | undefined

  const ask = (): void => {
    const wire = wireOf(infoHash())
    if (document.hidden || wire === '') return
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ action: 'scrape', info_hash: wire }))
    else if (socket === undefined) connect()
  }
  const connect = (): void => {
    const opened = new WebSocket(url)
    socket = opened
    opened.onopen = ask
    opened.onmessage = ({ data }) => {
      count = countOf(data, wireOf(infoHash())) ?? count
    }
    opened.onclose = () => {
      if (socket !== opened) return
      // Who cannot be asked has not said that anybody is there.
      socket = undefined
      count = undefined
    }
  }

  return {
    get count() {
      return count
    },
    want(isWanted) {
      if (isWanted === (timer !== undefined)) return
      if (isWanted) {
        timer = setInterval(ask, INTERVAL_MS)
        ask()
        return
      }
      clearInterval(timer)
      timer = undefined
      count = undefined
      socket?.close()
      socket = undefined
    },
  }
}

/** Each byte as the character of that number. */
function wireOf(infoHash: string): string {
  return (infoHash.slice(0, 40).match(/../g) ?? []).map(byte => String.fromCharCode(Number.parseInt(byte, 16))).join('')
}

function countOf(data: unknown, wire: string): Count | undefined {
  try {
    const { complete, incomplete } = JSON.parse(String(data)).files[wire]
    const isCount = typeof complete === 'number' && typeof incomplete === 'number'
    return isCount ? { seeds: complete, leeches: incomplete } : undefined
  } catch {
    return undefined
  }
}
