/**
 * simple-peer on libdatachannel, which is what Node's WebRTC is made of, spared races that browsers do not have.
 * The bundle for browsers is made without this room.
 *
 * Seen in 0.33.4 of node-datachannel between two Nodes: a connection in a hundred failed, more on a busy
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
import Peer, { type PeerSignal } from '@thaunknown/simple-peer/lite.js'
import { CHANNEL_LIMITS } from '../options.ts'

/** Browsers have their own; in Node simple-peer comes with one. */
const isNative = 'RTCPeerConnection' in globalThis

export class NodePeer extends Peer {
  /** The other side's, while they are held back. */
  #heldCandidates: RTCIceCandidateInit[] | undefined

  override signal(signal: PeerSignal): void {
    if (isNative) return super.signal(signal)
    if (signal.type !== 'candidate') return this.#describe(signal)
    if (this.#heldCandidates === undefined) super.signal(signal)
    else this.#heldCandidates.push(signal.candidate)
  }

  /** The polyfill never sends the empty candidate that ends gathering; it only changes the state. */
  override _onIceStateChange(): void {
    if (!this._pc) return
    super._onIceStateChange()
    if (this._pc?.iceGatheringState === 'complete' && !this._iceComplete) {
      this._iceComplete = true
      this.emit('_iceComplete')
    }
  }

  #describe({ type, sdp }: { type: 'offer' | 'answer'; sdp: string }): void {
    const { description, candidates } = withoutCandidates(sdp)
    this.#heldCandidates = candidates
    setTimeout(() => this.#releaseCandidates(), type === 'offer' ? CHANNEL_LIMITS.candidatesHeldMs : 0)
    super.signal({ type, sdp: description })
  }

  #releaseCandidates(): void {
    const held = this.#heldCandidates ?? []
    this.#heldCandidates = undefined
    // It may have been closed meanwhile.
    if (this._pc) for (const candidate of held) super.signal({ type: 'candidate', candidate })
  }
}

/** A description without its candidates, and these as they would trickle. */
function withoutCandidates(sdp: string): { description: string; candidates: RTCIceCandidateInit[] } {
  const sdpMid = /^a=mid:(.*?)\r?$/m.exec(sdp)?.[1] ?? '0'
  const candidates = [...sdp.matchAll(/^a=(candidate:.*?)\r?$/gm)].map(([, candidate]) => ({
    candidate: candidate as string,
    sdpMid,
    sdpMLineIndex: 0,
  }))
  return { description: sdp.replace(/^a=(candidate:|end-of-candidates)[^\n]*\n/gm, ''), candidates }
}
