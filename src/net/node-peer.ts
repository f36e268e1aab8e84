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
 * offerer's own checks have had the time to open the path, which they do unless a NAT stands before it. Browsers that
 * answer do not wait: toward them one connection in fifteen failed by the first race on a busy machine. So an offerer
 * whose candidates may trickle names them when it has the answer.
 *
 * 4. Of a connection that fails it tells when it is closed already, and simple-peer looks out for failed ones.
 *
 * Not spared: what comes to an answerer while its listener is being set changes places, in one channel of 200 into
 * which 80 messages were sent at once. Our offerer says one thing, its handshake, and waits for the other's.
 */
import Peer, { type PeerSignal } from '@thaunknown/simple-peer/lite.js'
import { CHANNEL_LIMITS } from '../options.ts'

/** Browsers have their own; in Node simple-peer comes with one. */
const isNative = 'RTCPeerConnection' in globalThis

export class NodePeer extends Peer {
  /** The other side's, while they are held back. */
  #heldCandidates: RTCIceCandidateInit[] | undefined
  /** Ours, until there is an answer to the offer. */
  #ownCandidates: PeerSignal[] | undefined = []

  override emit(event: 'signal' | '_iceComplete', ...args: PeerSignal[]): boolean {
    const [signal] = args
    if (isNative || event !== 'signal' || signal === undefined || !this.initiator || !this.trickle) {
      return super.emit(event, ...args)
    }
    if (signal.type !== 'candidate') {
      return super.emit(event, { ...signal, sdp: withoutCandidates(signal.sdp).description })
    }
    if (this.#ownCandidates === undefined) return super.emit(event, signal)
    this.#ownCandidates.push(signal)
    return true
  }

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

  override _onConnectionStateChange(): void {
    super._onConnectionStateChange()
    if (this._pc?.connectionState === 'closed') this.__destroy(new Error('The connection failed.'))
  }

  #describe({ type, sdp }: { type: 'offer' | 'answer'; sdp: string }): void {
    const { description, candidates } = withoutCandidates(sdp)
    this.#heldCandidates = candidates
    setTimeout(() => this.#releaseCandidates(), type === 'offer' ? CHANNEL_LIMITS.candidatesHeldMs : 0)
    super.signal({ type, sdp: description })
  }

  #releaseCandidates(): void {
    const held = this.#heldCandidates ?? []
    const own = this.#ownCandidates ?? []
    this.#heldCandidates = undefined
    this.#ownCandidates = undefined
    // It may have been closed meanwhile.
    if (this._pc) for (const candidate of held) super.signal({ type: 'candidate', candidate })
    for (const signal of own) this.emit('signal', signal)
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
