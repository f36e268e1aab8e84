/**
 * An SDP as it stands in a message: a JSON string, with its quotes and escapes. The tracker passes it on as it came, so that it is not
 * written a second time.
 *
 * Only for text that is JSON, as a whole. There `"sdp"` before a colon is the end of a key, whatever stands before it, and what follows is a
 * value; so what is cut out here is always one whole JSON string, which cannot end a message early or add to it. Whoever hides another `sdp` in
 * a message deceives nobody but its own addressee, to whom it may write what it likes.
 */
import type { SignalReply } from './tracker-reply.ts'

const KEY = '"sdp"'
const [BACKSLASH, COLON, QUOTE, SPACE] = [92, 58, 34, 32]

/** The values of all keys `sdp` that are strings, in order of appearance. */
export function sdpTexts(json: string): string[] {
  const texts: string[] = []
  for (let at = json.indexOf(KEY); at >= 0; at = json.indexOf(KEY, at)) {
    const colon = skipSpace(json, at + KEY.length)
    at = colon
    if (json.charCodeAt(colon) !== COLON) continue
    const start = skipSpace(json, colon + 1)
    if (json.charCodeAt(start) !== QUOTE) continue
    at = endOfString(json, start)
    texts.push(json.slice(start, at))
  }
  return texts
}

/** The text of an SDP, where it may be passed on: escapes that blow it up are not worth their bytes. */
export function textOf(sdp: string, text: string | undefined): string {
  return text !== undefined && text.length <= 2 * sdp.length + 2 ? text : JSON.stringify(sdp)
}

/** An offer or answer as its addressee gets it. */
export function encodeSignal({ type, sdp, sdpText, offerId, peerId, infoHash, trickle }: SignalReply): string {
  const description = `{"type":"${type}","sdp":${sdpText ?? JSON.stringify(sdp)}}`
  const ids = `"offer_id":${JSON.stringify(offerId)},"peer_id":${JSON.stringify(peerId)},"info_hash":${JSON.stringify(infoHash)}`
  return `{"action":"announce","${type}":${description},${ids}${trickle ? ',"trickle":true' : ''}}`
}

function skipSpace(json: string, from: number): number {
  let at = from
  while (json.charCodeAt(at) <= SPACE) at++
  return at
}

/** The place after the closing quote of the string that opens at `start`. */
function endOfString(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let escapes = 0
    while (json.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes++
    if (escapes % 2 === 0) return at + 1
  }
  return json.length
}
