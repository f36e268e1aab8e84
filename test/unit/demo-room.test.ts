/** The room's core: what members hear, from whom, how often, and how much. No clock but the tests' own. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ROOM_LIMITS } from '../../demo/room/limits.ts'
import { type Body, encodeBody, parseBody, type Signed } from '../../demo/room/messages.ts'
import { Room, type RoomEffect, type RoomInput } from '../../demo/room/room.ts'

const START = 1_800_000_000_000
const LINK = `${'A'.repeat(43)}.${'A'.repeat(43)}`

/** As `signing.ts` makes it, without the signature. */
function signed(sender: string, body: Body): Signed {
  return { sender, body, bytes: new TextEncoder().encode(`${sender} ${JSON.stringify(body)}`) }
}

/** What a member's page says, all others' pages take. */
function assertTaken(body: Body): void {
  assert.deepEqual(parseBody(encodeBody(body)), body)
}

function presence(sender: string, n = 1, more: { name?: string; status?: 'here' | 'away' | 'left' } = {}): Signed {
  return signed(sender, { type: 'presence', n, name: sender, status: 'here', ...more })
}

function line(sender: string, n: number, text = `${sender} says ${n}`, at = START): Signed {
  return signed(sender, { type: 'line', n, at, name: sender, text })
}

function file(sender: string, n: number): Signed {
  return signed(sender, {
    type: 'file',
    n,
    at: START,
    name: sender,
    title: 'a',
    lengthBytes: 1,
    fileCount: 1,
    link: LINK,
  })
}

/** A room with its signer beside it: what is to be signed is given back at once. */
class Member {
  readonly room: Room
  readonly id: string
  /** With a fraction, as pages' clocks have it. */
  now = START + 0.25

  constructor(id: string) {
    this.id = id
    this.room = new Room(id, { name: id, status: 'here' })
    this.tell({ type: 'tick' })
  }

  /** @returns all effects, those of what was signed too */
  tell(input: RoomInput): RoomEffect[] {
    const effects = this.room.step(input, this.now)
    return effects.flatMap(effect => {
      if (effect.type !== 'sign') return [effect]
      assertTaken(effect.body)
      return this.tell({ type: 'signed', message: signed(this.id, effect.body) })
    })
  }

  hear(message: Signed, { link = 1, kind = 'live' as 'live' | 'past' } = {}): RoomEffect[] {
    return this.tell({ type: 'heard', link, kind, message })
  }

  pass(ms: number): RoomEffect[] {
    const until = this.now + ms
    const effects: RoomEffect[] = []
    while (this.room.deadline <= until) {
      this.now = Math.max(this.now, this.room.deadline)
      effects.push(...this.tell({ type: 'tick' }))
    }
    this.now = until
    return [...effects, ...this.tell({ type: 'tick' })]
  }

  get others(): string[] {
    return this.room.members.slice(1).map(({ name, status }) => `${name} ${status}`)
  }

  get log(): string[] {
    return this.room.entries.map(entry => {
      if (entry.kind === 'line') return entry.post.body.text
      if (entry.kind === 'file') return `file ${entry.post.body.title}`
      return entry.kind === 'shutdown' ? `shutdown ${entry.seconds}` : `${entry.name} ${entry.kind}`
    })
  }
}

/** Someone connected to two others, of whom nothing was heard yet. */
function connected(links = 2): Member {
  const member = new Member('me')
  for (let link = 1; link <= links; link++) member.tell({ type: 'linked', link, wasHere: false })
  return member
}

function sends(effects: readonly RoomEffect[]): string[] {
  return effects.flatMap(effect => {
    return effect.type === 'send' ? [`${effect.link} ${effect.kind} ${new TextDecoder().decode(effect.bytes)}`] : []
  })
}

describe('who is in a room', () => {
  it('comes, changes and leaves', () => {
    const me = connected()
    me.hear(presence('ann'))
    assert.deepEqual(me.others, ['ann here'])
    me.hear(presence('ann', 2, { status: 'away' }))
    assert.deepEqual(me.others, ['ann away'])
    me.hear(presence('ann', 3, { name: 'Anna' }))
    assert.deepEqual(me.others, ['Anna here'])
    me.hear(presence('ann', 4, { status: 'left' }))
    assert.deepEqual(me.others, [])
    assert.deepEqual(me.log, ['ann joined', 'Anna left'])
  })

  it('is what was said last, in whatever order it comes', () => {
    const me = connected()
    me.hear(presence('ann', 5, { status: 'away' }))
    assert.deepEqual(me.hear(presence('ann', 4), { link: 2 }), [])
    assert.deepEqual(me.others, ['ann away'])
  })

  it('cannot be brought back by what was said before it left', () => {
    const me = connected()
    me.hear(presence('ann', 1))
    me.hear(presence('ann', 9, { status: 'left' }))
    me.hear(presence('ann', 8))
    me.hear(presence('ann', 9))
    assert.deepEqual(me.others, [])
  })

  it('is gone after thirty seconds of silence, and not sooner', () => {
    const me = connected()
    me.hear(presence('ann'))
    me.pass(ROOM_LIMITS.silenceMs - 1)
    assert.deepEqual(me.others, ['ann here'])
    me.pass(1)
    assert.deepEqual(me.others, [])
    assert.deepEqual(me.log, ['ann joined', 'ann left'])
  })

  it('stays by its heartbeats', () => {
    const me = connected()
    for (let n = 1; n <= 10; n++) {
      me.hear(presence('ann', n))
      me.pass(ROOM_LIMITS.heartbeatMs)
    }
    assert.deepEqual(me.others, ['ann here'])
    assert.deepEqual(me.log, ['ann joined'])
  })

  it('is doubted when its connection ends, and believed when it is heard another way', () => {
    const me = connected()
    me.hear(presence('ann'), { link: 1 })
    me.hear(presence('bob'), { link: 2 })
    me.tell({ type: 'unlinked', link: 1 })
    me.tell({ type: 'unlinked', link: 2 })
    me.tell({ type: 'linked', link: 3, wasHere: false })
    me.hear(presence('bob', 2), { link: 3 })
    me.pass(ROOM_LIMITS.doubtMs)
    assert.deepEqual(me.others, ['bob here'])
  })

  it('is not taken for silent by a page that slept itself', () => {
    const me = connected()
    me.hear(presence('ann'))
    me.now += 3_600_000
    me.tell({ type: 'tick' })
    assert.deepEqual(me.others, ['ann here'])
    me.pass(ROOM_LIMITS.silenceMs)
    assert.deepEqual(me.others, [])
  })

  it('says so every ten seconds, and at once when something changes', () => {
    const me = connected(1)
    assert.equal(sends(me.pass(25_000)).length, 2)
    const effects = sends(me.tell({ type: 'present', name: ' Me\u202e ', status: 'busy' }))
    assert.match(effects[0]!, /^1 live me .*"name":"Me","status":"busy"/)
    assert.deepEqual(me.room.members[0], { id: 'me', name: 'Me', status: 'busy' })
  })

  it('says that it leaves, and nothing after that', () => {
    const me = connected(1)
    assert.match(sends(me.tell({ type: 'leave' }))[0]!, /"status":"left"/)
    assert.equal(me.room.deadline, Number.POSITIVE_INFINITY)
    assert.deepEqual(me.tell({ type: 'say', text: 'still here' }), [])
    assert.deepEqual(me.hear(presence('ann')), [])
  })

  it('is sixty-four at most, and whoever comes then is told', () => {
    const me = connected(1)
    for (let n = 1; n < ROOM_LIMITS.membersMax; n++) me.hear(presence(`m${n}`))
    assert.equal(me.room.members.length, ROOM_LIMITS.membersMax)
    assert.deepEqual(me.hear(presence('late')), [])
    me.tell({ type: 'linked', link: 2, wasHere: false })
    const effects = me.hear(presence('later'), { link: 2 })
    assert.deepEqual(
      effects.map(({ type }) => type),
      ['send', 'close'],
    )
    assert.match(sends(effects)[0]!, /^2 full/)
    assert.equal(me.room.members.length, ROOM_LIMITS.membersMax)
    me.hear(presence('m1', 2, { status: 'left' }))
    me.hear(presence('late', 2))
    assert.ok(me.others.includes('late here'))
  })

  it('knows of a full room when nobody else lets it in', () => {
    const alone = connected(1)
    assert.deepEqual(alone.tell({ type: 'turned-away', link: 1 }), [
      { type: 'close', link: 1, reason: 'The room is full.' },
    ])
    alone.tell({ type: 'linked', link: 2, wasHere: true })
    assert.equal(alone.room.isFull, true)
    alone.hear(presence('ann'), { link: 2 })
    assert.equal(alone.room.isFull, false)
    const inside = connected()
    inside.hear(presence('ann'), { link: 2 })
    inside.tell({ type: 'turned-away', link: 1 })
    assert.equal(inside.room.isFull, false)
  })
})

describe('what is said in a room', () => {
  it('goes to everybody, once', () => {
    const me = connected(3)
    assert.deepEqual(
      sends(me.hear(presence('ann'), { link: 1 })).map(send => send.slice(0, 6)),
      ['2 live', '3 live'],
    )
    assert.deepEqual(sends(me.hear(presence('ann'), { link: 2 })), [])
    assert.equal(sends(me.hear(line('ann', 1), { link: 2 })).length, 2)
    assert.deepEqual(sends(me.hear(line('ann', 1), { link: 3 })), [])
    assert.deepEqual(me.log, ['ann joined', 'ann says 1'])
  })

  it('does not echo', () => {
    const me = connected()
    me.tell({ type: 'say', text: 'hello' })
    assert.deepEqual(me.hear(line('me', 1, 'hello')), [])
    assert.deepEqual(me.log, ['hello'])
  })

  it('reaches all, however they are connected: a line, a ring, a star', () => {
    const shapes: Record<string, readonly (readonly [number, number])[]> = {
      line: [0, 1, 2, 3, 4].map(n => [n, n + 1] as const),
      ring: [0, 1, 2, 3, 4, 5].map(n => [n, (n + 1) % 6] as const),
      star: [1, 2, 3, 4, 5].map(n => [0, n] as const),
    }
    for (const [shape, edges] of Object.entries(shapes)) {
      const members = Array.from({ length: 6 }, (_, n) => new Member(`m${n}`))
      const queue: {
        readonly to: number
        readonly link: number
        readonly message: Signed
        readonly kind: 'live' | 'past'
      }[] = []
      const perform = (from: number, effects: readonly RoomEffect[]): void => {
        for (const effect of effects) {
          if (effect.type !== 'send' || effect.kind === 'full') continue
          const [a, b] = edges[effect.link]!
          const [sender = '', ...body] = new TextDecoder().decode(effect.bytes).split(' ')
          const message = signed(sender, JSON.parse(body.join(' ')) as Body)
          queue.push({ to: a === from ? b : a, link: effect.link, message, kind: effect.kind })
        }
      }
      const settle = (): void => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          perform(next.to, members[next.to]!.hear(next.message, next))
        }
      }
      for (const [link, ends] of edges.entries())
        for (const n of ends) perform(n, members[n]!.tell({ type: 'linked', link, wasHere: false }))
      settle()
      for (const [n, member] of members.entries()) perform(n, member.tell({ type: 'say', text: `from ${n}` }))
      settle()
      for (const { room, log } of members) {
        assert.equal(room.members.length, 6, shape)
        assert.deepEqual(
          log.filter(text => text.startsWith('from')).sort(),
          [0, 1, 2, 3, 4, 5].map(n => `from ${n}`),
          shape,
        )
      }
    }
  })

  it('is dropped where nobody of that name is in the room', () => {
    const me = connected()
    assert.deepEqual(me.hear(line('ghost', 1)), [])
    assert.deepEqual(me.log, [])
  })

  it('comes no faster than is allowed, and not at all beyond', () => {
    const me = connected()
    me.hear(presence('ann'))
    for (let n = 1; n <= 100; n++) me.hear(line('ann', n))
    assert.equal(me.log.length - 1, ROOM_LIMITS.posts.burst)
    me.now += 1_000
    for (let n = 101; n <= 200; n++) me.hear(line('ann', n))
    assert.equal(me.log.length - 1, ROOM_LIMITS.posts.burst + ROOM_LIMITS.posts.perSecond)
    for (let n = 2; n <= 100; n++) me.hear(presence('ann', n, { name: `ann${n}` }))
    assert.deepEqual(me.others, [`ann${ROOM_LIMITS.presences.burst + 1} here`])
  })

  it('is refused here before others would drop it', () => {
    const me = connected(1)
    const said = Array.from({ length: 20 }, (_, n) => me.tell({ type: 'say', text: `${n}` }))
    const count = said.filter(effects => sends(effects).length > 0).length
    assert.equal(count, ROOM_LIMITS.ownPosts.burst)
    assert.ok(count < ROOM_LIMITS.posts.burst)
    assert.deepEqual(said.at(-1), [{ type: 'refused' }])
  })

  it('is kept within bounds: lines, files, and the numbers that were heard', () => {
    const me = connected()
    me.hear(presence('ann'))
    for (let n = 1; n <= 3 * ROOM_LIMITS.numbersMax; n++) {
      me.now += 1_000
      if (n % 20 === 0) me.hear(presence('ann', n))
      me.hear(line('ann', n))
    }
    assert.equal(me.room.entries.length, ROOM_LIMITS.entriesMax)
    // So old that it is not remembered, it is still no news.
    assert.deepEqual(me.hear(line('ann', 5)), [])
    for (let n = 1; n <= 50; n++) {
      me.now += 1_000
      me.hear(presence('bob', n))
      me.hear(file('bob', n))
    }
    assert.equal(me.room.files.length, ROOM_LIMITS.filesPerMemberMax)
    for (let m = 0; m < 20; m++) {
      me.hear(presence(`m${m}`))
      for (let n = 1; n <= 10; n++) me.hear(file(`m${m}`, n))
    }
    assert.equal(me.room.files.length, ROOM_LIMITS.filesMax)
    assert.deepEqual(me.tell({ type: 'offer', file: { title: 'x', lengthBytes: 1, fileCount: 1, link: LINK } }), [
      { type: 'refused' },
    ])
  })
})

describe('whoever comes later', () => {
  it('is not told that they joined whom it found there', () => {
    const newcomer = new Member('new')
    newcomer.tell({ type: 'linked', link: 1, wasHere: true })
    newcomer.hear(presence('ann'))
    newcomer.hear(presence('bob'))
    assert.deepEqual(newcomer.log, ['bob joined'])
  })

  it('is told who is here, the last fifty lines and the files, and passes none of it on', () => {
    const old = connected(1)
    old.hear(presence('ann'))
    old.hear(file('ann', 1))
    for (let n = 2; n <= 80; n++) {
      old.now += 500
      if (n % 20 === 0) old.hear(presence('ann', n))
      old.hear(line('ann', n, `line ${n}`, START + n))
    }
    const told = old.tell({ type: 'linked', link: 7, wasHere: false })
    const newcomer = new Member('new')
    newcomer.tell({ type: 'linked', link: 1, wasHere: false })
    newcomer.tell({ type: 'linked', link: 2, wasHere: false })
    for (const effect of told) {
      assert.ok(effect.type === 'send' && effect.link === 7 && effect.kind !== 'full')
      const [sender = '', ...body] = new TextDecoder().decode(effect.bytes).split(' ')
      const relayed = newcomer.hear(signed(sender, JSON.parse(body.join(' ')) as Body), { kind: effect.kind })
      assert.equal(sends(relayed).length, effect.kind === 'live' ? 1 : 0)
    }
    assert.deepEqual(newcomer.others, ['me here', 'ann here'])
    assert.equal(newcomer.room.files.length, 1)
    const lines = newcomer.log.filter(text => text.startsWith('line'))
    assert.deepEqual(
      lines,
      Array.from({ length: ROOM_LIMITS.historyLinesMax }, (_, n) => `line ${n + 31}`),
    )
    // Of who was there before nobody says that they joined.
    assert.ok(!newcomer.log.includes('ann joined'))
  })

  it('hears what was said by those who left, and what others tell again only once', () => {
    const me = connected()
    me.hear(line('gone', 1, 'goodbye', START - 5_000), { link: 1, kind: 'past' })
    me.hear(line('gone', 1, 'goodbye', START - 5_000), { link: 2, kind: 'past' })
    assert.deepEqual(me.log, ['goodbye'])
    assert.deepEqual(me.others, [])
  })

  it('has history where it belongs, and nothing from the future', () => {
    const me = connected()
    me.hear(presence('ann'))
    me.now += 1_000
    me.hear(line('ann', 3, 'third'))
    me.hear(line('ann', 1, 'first', START - 2_000), { link: 2, kind: 'past' })
    me.hear(line('ann', 2, 'second', START - 1_000), { link: 2, kind: 'past' })
    me.hear(line('ann', 4, 'from afar', START + 1e9), { link: 2, kind: 'past' })
    assert.deepEqual(me.log, ['first', 'second', 'ann joined', 'third', 'from afar'])
    assert.ok(me.room.entries.every(({ at }) => at <= me.now))
  })

  it('lets nobody tell more of the past than there can be', () => {
    const me = connected(1)
    const effects = Array.from({ length: 500 }, (_, n) => me.hear(line(`g${n}`, 1), { kind: 'past' })).flat()
    assert.deepEqual(effects, [{ type: 'close', link: 1, reason: 'It tells too much of the past.' }])
    assert.equal(me.log.length, ROOM_LIMITS.pastMax)
  })
})

describe('a neighbour', () => {
  it('that passes on what nobody said is left', () => {
    const me = connected()
    assert.deepEqual(me.tell({ type: 'forged', link: 2 }), [
      { type: 'close', link: 2, reason: 'It passes on what nobody said.' },
    ])
    assert.equal(me.room.linkCount, 1)
    assert.deepEqual(me.hear(presence('ann'), { link: 2 }), [])
  })

  it('is known by what it says first, though another told that already', () => {
    const me = connected()
    me.hear(presence('bob'), { link: 2 })
    me.hear(presence('ann'), { link: 2 })
    me.tell({ type: 'heard-again', link: 1, kind: 'live', sender: 'ann' })
    me.tell({ type: 'unlinked', link: 1 })
    me.pass(ROOM_LIMITS.doubtMs)
    assert.deepEqual(me.others, ['bob here'])
  })

  it('is stayed with when the meeting point goes away, which is told once a minute at most', () => {
    const me = connected()
    for (let n = 0; n < 100; n++) me.tell({ type: 'shutdown', seconds: 30 })
    assert.deepEqual(me.log, ['shutdown 30'])
    me.pass(ROOM_LIMITS.noticeMs)
    me.tell({ type: 'shutdown', seconds: 20 })
    assert.deepEqual(me.log, ['shutdown 30', 'shutdown 20'])
  })
})
