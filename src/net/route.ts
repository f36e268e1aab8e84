/** How a connection runs, out of what `getStats()` says. */

/** Kinds of candidates: host, srflx, prflx or relay. */
export interface ChannelRoute {
  readonly local: string
  readonly remote: string
  readonly relayed: boolean
  /** As the connectivity checks measured it. */
  readonly roundTripMs: number | undefined
}

/**
 * PURE. Several pairs are nominated at times, of which some were never tried: the transport says which one is in use, in Firefox the pair itself.
 * @returns undefined where the platform does not tell
 */
export function readRoute(report: ReadonlyMap<string, Readonly<Record<string, unknown>>>): ChannelRoute | undefined {
  const all = [...report.values()]
  const inUse = all.find(({ type }) => type === 'transport')?.selectedCandidatePairId
  const pair = report.get(inUse as string) ?? all.find(({ selected }) => selected)
  const local = report.get(pair?.localCandidateId as string)?.candidateType
  const remote = report.get(pair?.remoteCandidateId as string)?.candidateType
  if (typeof local !== 'string' || typeof remote !== 'string') return undefined
  const seconds = pair!.currentRoundTripTime
  return {
    local,
    remote,
    relayed: local === 'relay' || remote === 'relay',
    roundTripMs: typeof seconds === 'number' ? seconds * 1000 : undefined,
  }
}
