/**
 * Session descriptions for libdatachannel, which is what Node's WebRTC is made of, to spare it races that browsers
 * do not have. Seen in 0.33.4 of node-datachannel between two Nodes: a connection in a hundred failed, more on a busy
 * machine, and every other one took a second longer.
 *
 * 1. It hands an answer to ICE before it notes the answer's fingerprint. Where the answerer's checks are there
 *    already, ICE connects at once, DTLS follows in a thread of its own and finds no fingerprint to compare.
 * 2. A DTLS greeting that comes before the answer is dropped, and repeated after a second.
 * 3. It hands a description to ICE before the candidates in it: told that there are no more, ICE gives up.
 *
 * So descriptions are set without candidates, and these follow: a turn later in the offerer; in the answerer when the
 * offerer's own checks have had the time to open the path, which they do unless a NAT stands before it.
 */

/** A description without its candidates, and these as they would trickle. */
export function withoutCandidates(sdp: string): { description: string; candidates: RTCIceCandidateInit[] } {
  const sdpMid = /^a=mid:(.*?)\r?$/m.exec(sdp)?.[1] ?? '0'
  const candidates = [...sdp.matchAll(/^a=(candidate:.*?)\r?$/gm)].map(([, candidate]) => ({
    candidate: candidate as string,
    sdpMid,
    sdpMLineIndex: 0,
  }))
  return { description: sdp.replace(/^a=(candidate:|end-of-candidates)[^\n]*\n/gm, ''), candidates }
}
