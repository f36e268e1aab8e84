/** Visitors of a site who reach each other over the operator's TURN server alone, with credentials that the tracker lends. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { launchBrowser } from './support/browser.ts'
import { freePort, hasCoturn, startCoturn } from './support/coturn.ts'
import { deploySite, untilStats } from './support/deployed-site.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope } from './support/scope.ts'
import { startShoalTracker } from './support/trackers.ts'
import { watchedVisit } from './support/watched-visitor.ts'

const scope = fileScope()
/** As in networks that let no packets through but those of a relay: what a browser would try beside it never leaves this machine either. */
const chromium = launchBrowser(scope, 'chromium', {
  args: ['--force-webrtc-ip-handling-policy=disable_non_proxied_udp'],
})

const FILE = 'assets/model-0a1b2c3d.bin'
const FILE_BYTES = 1_500_000

const POLICIES = {
  'by default, which offers no address of the local network': {},
  'where the site asks for relays only': { 'relay-only': 1 },
}

describe('a relay', { skip: hasCoturn ? false : 'Debian’s package coturn is not installed.' }, () => {
  for (const [what, policy] of Object.entries(POLICIES)) {
    it(`carries pieces between visitors ${what}`, async t => {
      const turn = await startCoturn(t)
      const port = await freePort()
      const site = await deploySite(t, {
        files: { [FILE]: payloadBytes(1, 0, FILE_BYTES) },
        trackers: [`ws://localhost:${port}`],
        policy: { consent: 'automatic', ...policy },
      })
      const ice = ['--ice-server', `${turn.url}?transport=tcp`, '--turn-secret', turn.secretFile]
      await startShoalTracker(t, { port, args: [...ice, '--ice-origin', new URL(site.url).origin] })
      const visitors = []
      for (let i = 0; i < 2; i++) {
        const visitor = await watchedVisit(t, await chromium, site)
        await untilStats(visitor.page, ({ isOn }) => isOn)
        await visitor.page.evaluate(path => shoal.prefetch(path), `/${FILE}`)
        visitors.push(visitor)
      }
      await untilStats(visitors[1]!.page, ({ peers }) => peers > FILE_BYTES / 2)
      const said = visitors.flatMap(({ said }) => said).filter(text => text.includes('candidate:'))
      assert.ok(said.length > 0)
      for (const text of said) assert.match(text, /typ relay/)
      for (const text of said) assert.doesNotMatch(text, /typ (host|srflx|prflx)|\.local|raddr (?!0\.0\.0\.0 )/)
    })
  }
})
