/**
 * How long a real built site takes to load, with Shoal and without: line 2 of what sites must show. Pairs come one after the other, in alternating order;
 * the origin is 40 ms away and sends 20 Mbit/s.
 */
import { Scope } from '../e2e/support/scope.ts'
import { type Bench, type Ground, interleave, type Row } from './bench.ts'
import { startLoadSite } from './load-site.ts'
import { type Alone, type AmongOthers, bringOthers, type Load, visitAlone, visitAmongOthers } from './load-visit.ts'
import { median, pairedRatio } from './statistics.ts'

/** Who have everything. */
const OTHERS = 2

/** 5 %, or 50 ms. */
const ADDED_MAX = { share: 0.05, value: 50 }

export const load: Bench = {
  name: 'load',
  title: 'pages of a site, with Shoal and without',
  secondsPerRun: 12,
  async run(ground) {
    const scope = new Scope()
    ground.scope.after(() => scope.close())
    const { browser } = ground
    try {
      const site = await startLoadSite(scope, ground.trackerUrl)
      const alone = await pairs(ground, isOn => visitAlone(browser, site, isOn))
      await bringOthers(scope, browser, site, OTHERS)
      const among = await pairs(ground, isOn => visitAmongOthers(browser, site, isOn))
      return [...rowsAlone(alone), ...rowsAmong(among)]
    } finally {
      await scope.close()
    }
  },
}

/** Of the same visits, in order. */
interface Pairs<T> {
  readonly on: readonly T[]
  readonly off: readonly T[]
}

async function pairs<T>(ground: Ground, visit: (isOn: boolean) => Promise<T>): Promise<Pairs<T>> {
  const { on, off } = await interleave(ground, { on: () => visit(true), off: () => visit(false) })
  return { on: on!, off: off! }
}

function rowsAlone(all: Pairs<Alone>): Row[] {
  return [
    ...rowsOfLoad('cold', all, ({ cold }) => cold),
    ...rowsOfLoad('second visit, worker started anew', all, ({ warm }) => warm),
  ]
}

function rowsAmong(all: Pairs<AmongOthers>): Row[] {
  const pictures = 'pictures looked through'
  const busy = 'the same, the origin sends 2 Mbit/s'
  const busyMs = all.on.map(visit => visit.busy.lastByteMs)
  const plainBusyMs = all.off.map(visit => visit.busy.lastByteMs)
  return [
    ...rowsOfLoad('cold, others there', all, ({ first }) => first),
    ...rowsOfLoad(
      'next page, others there',
      all,
      ({ second }) => second,
      share(all.on.map(visit => visit.secondShare)),
    ),
    row(pictures, all, ({ later }) => later.lastByteMs, share(all.on.map(({ later }) => later.peersShare))),
    {
      what: busy,
      values: busyMs,
      unit: 'ms',
      ratio: { to: 'without', values: pairedRatio(busyMs, plainBusyMs) },
      note: share(all.on.map(visit => visit.busy.peersShare)),
    },
    { what: `${busy}, without`, values: plainBusyMs, unit: 'ms' },
  ]
}

function rowsOfLoad<T>(what: string, all: Pairs<T>, pick: (visit: T) => Load, note?: string): Row[] {
  return [
    row(`${what}: LCP`, all, visit => pick(visit).lcpMs, note),
    row(`${what}: load event`, all, visit => pick(visit).loadMs, note),
    row(`${what}: last listed byte`, all, visit => pick(visit).lastByteMs, note),
  ]
}

function row<T>(what: string, { on, off }: Pairs<T>, figure: (visit: T) => number, note?: string): Row {
  return {
    what,
    values: on.map(figure),
    unit: 'ms',
    added: { to: 'without', values: off.map(figure), atMost: ADDED_MAX },
    ...(note !== undefined && { note }),
  }
}

function share(shares: readonly number[]): string {
  return `${Math.round(100 * median(shares))} % from peers`
}
