/** A seed tells its peers apart what to take from it, and they do. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { WireMessage } from '../../src/protocol/wire.ts'
import type { Token } from './token.ts'
import type { Member } from './member.ts'
import { choker } from './hostile.ts'
import { HOME, MiB } from './scenarios.ts'
import { createTorrent } from './torrent.ts'
import { World } from './world.ts'

const PIECES = 24

describe('suggestions', () => {
  it('are made, and followed', () => {
    const { world, seed, sent } = worldWith(4)
    world.run(300_000)
    const suggested = sent(seed, 'suggest').map(({ message }) => message.piece)
    assert.ok(new Set(suggested).size > PIECES / 2, `${new Set(suggested).size} pieces were suggested`)
    const served = new Set(sent(seed, 'piece').map(({ peer, message }) => `${peer} ${message.piece}`))
    const followed = sent(seed, 'suggest').filter(({ peer, message }) => served.has(`${peer} ${message.piece}`))
    assert.ok(followed.length >= 0.8 * suggested.length, `${followed.length} of ${suggested.length} were followed`)
  })

  it('are not made to a lone leech', () => {
    const { world, seed, sent } = worldWith(1)
    world.run(300_000)
    assert.equal(sent(seed, 'suggest').length, 0)
  })

  it('are fewest for who keeps to itself what it gets', () => {
    const { world, seed, leeches, sent, peerIds } = worldWith(6, MiB / 8)
    const rider = world.add({ name: 'rider', line: HOME, disguise: choker() })
    world.run(300_000)
    const toMember = ({ peerId }: Member): number =>
      sent(seed, 'suggest').filter(({ peer }) => peerIds.get(peer) === peerId).length
    const toLeeches = leeches.map(toMember)
    const share = toMember(rider) / (toMember(rider) + toLeeches.reduce((sum, count) => sum + count, 0))
    assert.ok(share < 0.5 / 7, `${toMember(rider)} to the rider, ${toLeeches.join(', ')} to others`)
  })

  it('of a leech that left are made to others', () => {
    const { world, seed, leeches, sent } = worldWith(3)
    world.runUntil(() => sent(seed, 'suggest').length >= 2, 60_000)
    const [{ peer: handle, message }] = sent(seed, 'suggest') as [Sent<'suggest'>]
    const gone = leeches.find(({ peerId }) => peerId === seed.life!.swarm.peers.get(handle)!.peerId)!
    gone.crash()
    world.timeline.after(120_000, () => gone.start())
    world.run(400_000)
    assert.ok(sent(seed, 'piece').some(({ peer, message: { piece } }) => peer !== handle && piece === message.piece))
  })
})

interface Sent<Type> {
  readonly peer: number
  readonly message: WireMessage<Token> & { readonly type: Type }
}

function worldWith(leechCount: number, pieceLength = MiB) {
  const torrent = createTorrent({ bytes: PIECES * MiB, pieceLength })
  const world = new World({ scenario: 'suggestions', seed: 3, torrent })
  const all = new Map<Member, { peer: number; message: WireMessage<Token> }[]>()
  /** Of the seed's connections. */
  const peerIds = new Map<number, string>()
  world.watch({
    input(member, input) {
      if (member.name === 'seed' && input.type === 'opened') peerIds.set(input.peer, input.peerId)
    },
    effect(member, effect) {
      if (effect.type === 'send') all.set(member, [...(all.get(member) ?? []), effect])
    },
  })
  const seed = world.add({ name: 'seed', isSeed: true, line: HOME })
  const leeches = Array.from({ length: leechCount }, (_, i) => world.add({ name: `leech-${i}`, line: HOME }))
  const sent = <Type extends WireMessage<Token>['type']>(member: Member, type: Type): Sent<Type>[] =>
    (all.get(member) ?? []).filter((send): send is Sent<Type> => send.message.type === type)
  return { world, seed, leeches, sent, peerIds }
}
