/** A client of a simulated cluster. Whatever it is told must be meant for it. */
import assert from 'node:assert/strict'
import type { SimNode } from './world.ts'
import type { TrackerReply } from '../../../src/protocol/tracker-reply.ts'
import type { AnnounceRequest, TrackerRequest } from '../../../src/protocol/tracker-request.ts'

export class SimClient {
  readonly peerId: string
  /** Where it is a member, or wants to be. */
  readonly swarms = new Set<string>()
  /** Swarms that it announced and has heard nothing of since. */
  readonly unanswered = new Set<string>()
  /** Everything that it ever offered over this connection, by offer id. */
  readonly offered = new Map<string, string>()
  node: SimNode | undefined
  connection = 0
  answers = 0
  readonly #joined = new Set<string>()
  #lastOffer = 0

  constructor(name: number) {
    this.peerId = `${name}`.padStart(20, 'p')
  }

  announce(infoHash: string, offers: number): AnnounceRequest {
    const made = Array.from({ length: offers }, () => {
      const offerId = `${this.peerId.slice(10)}${++this.#lastOffer}`.padStart(20, 'o')
      return { offerId, sdp: `"${offerId}"\r\n${'x'.repeat(200)}` }
    })
    const counts = { peersWanted: 5, uploaded: 0, downloaded: 0, left: 1 }
    return { type: 'announce', infoHash, peerId: this.peerId, ...counts, event: 'update', offers: made }
  }

  stop(infoHash: string): AnnounceRequest {
    return { ...this.announce(infoHash, 0), event: 'stopped' }
  }

  /** It is about to say this. */
  note(request: TrackerRequest): void {
    if (request.type !== 'announce') return
    const { infoHash, event, offers } = request
    this.#joined.add(infoHash)
    if (event === 'stopped') {
      this.swarms.delete(infoHash)
      this.unanswered.delete(infoHash)
      return
    }
    this.swarms.add(infoHash)
    this.unanswered.add(infoHash)
    for (const { offerId } of offers) this.offered.set(offerId, infoHash)
  }

  /** @returns what it says to that */
  hear(reply: TrackerReply): TrackerRequest | undefined {
    switch (reply.type) {
      case 'announced':
        assert.ok(this.#joined.has(reply.infoHash), `${this.peerId} never announced ${reply.infoHash}`)
        this.unanswered.delete(reply.infoHash)
        return undefined
      case 'offer': {
        const { infoHash, peerId, offerId, sdp } = reply
        assert.ok(this.#joined.has(infoHash), 'an offer of a foreign swarm')
        assert.notEqual(peerId, this.peerId, 'its own offer')
        assert.ok(sdp.startsWith(`"${offerId}"`), 'an offer with the SDP of another')
        const ids = { infoHash, peerId: this.peerId, toPeerId: peerId, offerId }
        return { type: 'answer', ...ids, sdp: `answer to ${offerId}`, trickle: false }
      }
      case 'answer':
        // It may be of an offer that an earlier connection made, if the owner has not heard of its end: never of somebody else's.
        assert.ok(reply.offerId.includes(this.peerId.slice(10)), 'an answer to the offer of another')
        assert.equal(reply.sdp, `answer to ${reply.offerId}`)
        this.answers++
        return undefined
      default:
        return undefined
    }
  }
}
