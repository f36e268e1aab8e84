/** Which candidates leave a site's page, and which it tries. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CandidatePolicy, filterDescription, incoming, outgoing } from '../../src/site/page/candidates.ts'

const HOST = 'candidate:1 1 udp 2113937151 192.168.1.5 50000 typ host generation 0 ufrag abcd'
const PUBLIC_HOST = 'candidate:2 1 udp 2113937151 2a02:120b::5 50001 typ host'
const MDNS = 'candidate:3 1 udp 2113937151 4f8a1c1e-0b5e-4a0e-9b1c-2d3e4f5a6b7c.local 50002 typ host'
const TCP = 'candidate:4 1 tcp 1518280447 10.0.0.7 9 typ host tcptype active'
const SRFLX = 'candidate:5 1 udp 1677729535 81.2.69.160 50003 typ srflx raddr 192.168.1.5 rport 50000 generation 0'
const RELAY = 'candidate:6 1 udp 33562623 81.2.69.200 50004 typ relay raddr 81.2.69.160 rport 50003'
const ALL = [HOST, PUBLIC_HOST, MDNS, TCP, SRFLX, RELAY]

const SITE: CandidatePolicy = { lan: false, relayOnly: false }
const LAN: CandidatePolicy = { lan: true, relayOnly: false }
const RELAYED: CandidatePolicy = { lan: false, relayOnly: true }

describe('candidates that leave a page', () => {
  it('are not of the local network, nor name an address of it', () => {
    assert.deepEqual(ALL.map(outgoing(SITE)).filter(Boolean), [
      SRFLX.replace('192.168.1.5 rport 50000', '0.0.0.0 rport 0'),
      RELAY.replace('81.2.69.160 rport 50003', '0.0.0.0 rport 0'),
    ])
  })

  it('are all of them where the owner asks for peers on the local network', () => {
    assert.deepEqual(ALL.map(outgoing(LAN)), ALL)
  })

  it('are relays alone where no address may be seen, local network or not', () => {
    const relay = RELAY.replace('81.2.69.160 rport 50003', '0.0.0.0 rport 0')
    for (const policy of [RELAYED, { lan: true, relayOnly: true }])
      assert.deepEqual(ALL.map(outgoing(policy)).filter(Boolean), [relay])
  })

  it('are none that cannot be read', () => {
    for (const text of ['', 'candidate', 'a=candidate:1', `x ${SRFLX}`, 'candidate:1 1 udp 1 81.2.69.160 1'])
      assert.equal(outgoing(SITE)(text), undefined)
  })
})

describe("a peer's candidates", () => {
  const at = (address: string, type = 'srflx') => `candidate:1 1 udp 1 ${address} 5000 typ ${type}`

  for (const address of [
    ...['10.1.2.3', '127.0.0.1', '169.254.1.1', '172.16.0.1', '172.31.255.1', '192.168.0.1', '100.64.0.1', '0.0.0.0'],
    ...['224.0.0.251', '255.255.255.255', '198.18.0.1', '2130706433', '0x7f.1', '::1', '::', '::ffff:192.168.0.1'],
    ...['fe80::1', 'fd12:3456::1', 'ff02::fb', '2001:db8::1', '64:ff9b::10.0.0.1', 'printer.local', 'intranet', '%'],
  ]) {
    it(`are not tried at ${address}, whatever they say they are`, () => {
      for (const type of ['host', 'srflx', 'relay']) assert.equal(incoming(SITE)(at(address, type)), undefined)
      assert.equal(incoming(LAN)(at(address)), at(address))
    })
  }

  for (const address of ['81.2.69.160', '172.32.0.1', '100.128.0.1', '192.0.3.1', '198.20.0.1', '2a02:120b::5']) {
    it(`are tried at ${address}`, () => {
      assert.equal(incoming(SITE)(at(address, 'host')), at(address, 'host'))
    })
  }
})

describe('a description', () => {
  const sdp = [
    'v=0',
    'o=- 1 2 IN IP4 127.0.0.1',
    'm=application 50000 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 192.168.1.5',
    ...ALL.map(candidate => `a=${candidate}`),
    'a=ice-ufrag:abcd',
    '',
  ].join('\r\n')

  it('loses the candidates that are refused and the address that repeats one, and nothing else', () => {
    const lines = filterDescription(sdp, outgoing(SITE)).split('\r\n')
    assert.deepEqual(lines, [
      'v=0',
      'o=- 1 2 IN IP4 127.0.0.1',
      'm=application 50000 UDP/DTLS/SCTP webrtc-datachannel',
      'c=IN IP4 0.0.0.0',
      `a=${outgoing(SITE)(SRFLX)}`,
      `a=${outgoing(SITE)(RELAY)}`,
      'a=ice-ufrag:abcd',
      '',
    ])
  })
})
