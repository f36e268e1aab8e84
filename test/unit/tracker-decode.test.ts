/** The tracker's own way of decoding says what `toString` says. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeText } from '../../tracker/ingress/decode.ts'

const ids = { info_hash: 'ÿ\u0000"\\é'.repeat(4), peer_id: '-WW0300-abcdefghijkl' }
const announce = (sdp: string) =>
  JSON.stringify({ action: 'announce', ...ids, offers: [{ offer: { sdp } }, { offer: { sdp } }] })

describe('decoding a message', () => {
  for (const [what, text] of Object.entries({
    'is the text where all is ASCII': announce('v=0\r\n').replace(/[^ -~]/g, 'x'),
    'narrows ids to latin-1': announce('v=0\r\n'),
    'bears an SDP that is not ASCII': announce('v=0\r\ns=é\r\n'),
    'bears characters beyond latin-1 among the ids': announce('v=0').replace('WW', '名😀'),
    'bears quotes within an SDP': announce('v="é"\r\n'),
    'bears an SDP without an end': '{"é":1,"sdp":"v=0é',
    'bears an SDP that ends with the message': '{"é":1,"sdp":"',
    'bears a message without any': '{"é":1}',
    'bears nothing': '',
    'bears more than a message may have': announce('é'.repeat(70_000)),
  })) {
    it(what, () => assert.equal(decodeText(Buffer.from(text)), text))
  }

  it('keeps no trace of the message before', () => {
    decodeText(Buffer.from(announce('v=0'.repeat(1_000))))
    assert.equal(decodeText(Buffer.from('{"é":"sdp"}')), '{"é":"sdp"}')
  })

  it('is as `toString` has it, for whatever is put together of pieces that matter', () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    let state = seed
    const draw = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const pieces = [
      '"sdp":"',
      '"',
      '\\',
      'v=0\\r\\n',
      'a',
      'é',
      'Â',
      'Ã',
      '¿',
      '\u0080',
      'Ā',
      '名',
      '😀',
      '{',
      '\u007f',
    ]
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({ length: draw(12) }, () => pieces[draw(pieces.length)]).join('')
      assert.equal(decodeText(Buffer.from(text)), text, `seed ${seed}, round ${round}`)
    }
  })
})
