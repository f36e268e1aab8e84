/** What a site's Content-Security-Policy must allow, and whether one does (CSP level 3). */

/** A directive and the sources that it must allow. */
export interface Need {
  readonly directive: 'script-src' | 'worker-src' | 'connect-src'
  readonly sources: readonly string[]
}

/** What the tag's script and worker, the site's own files, those on other hosts and the trackers need. */
export function cspNeeds(trackers: readonly string[], origins: readonly string[] = []): Need[] {
  const sockets = trackers.map(url => new URL(url)).map(({ protocol, host }) => `${protocol}//${host}`)
  return [
    { directive: 'script-src', sources: ["'self'"] },
    { directive: 'worker-src', sources: ["'self'"] },
    { directive: 'connect-src', sources: ["'self'", ...origins, ...new Set(sockets)] },
  ]
}

/** The lines to paste. */
export function cspLines(needs: readonly Need[]): string[] {
  return needs.map(({ directive, sources }) => `${directive} ${sources.join(' ')}`)
}

/** Where a directive is missing another stands in for it. */
const FALLBACKS = {
  'script-src': ['script-src-elem', 'script-src', 'default-src'],
  'connect-src': ['connect-src', 'default-src'],
  'worker-src': ['worker-src', 'child-src', 'script-src', 'default-src'],
} as const

/** One sentence for each source that the policy does not allow. Paths in it are not looked at. */
export function cspComplaints(policy: string, needs: readonly Need[], origin: string): string[] {
  const directives = new Map(
    policy.split(';').map(text => {
      const [name = '', ...sources] = text.trim().split(/\s+/)
      return [name.toLowerCase(), sources] as const
    }),
  )
  return needs.flatMap(({ directive, sources }) => {
    const inForce = FALLBACKS[directive].find(name => directives.has(name))
    if (inForce === undefined) return []
    const allowed = directives.get(inForce)!
    if (directive === 'script-src' && allowed.some(entry => entry.toLowerCase() === "'strict-dynamic'"))
      return ["its Content-Security-Policy has 'strict-dynamic': give the tag a nonce"]
    return sources
      .filter(source => !allowed.some(entry => allows(entry, source, origin)))
      .map(source => `its Content-Security-Policy does not allow ${source}: add it to ${directive}`)
  })
}

/** Whether a source of a policy covers another one. */
function allows(entry: string, wanted: string, origin: string): boolean {
  if (entry.toLowerCase() === wanted.toLowerCase()) return true
  const target = new URL(wanted === "'self'" ? origin : wanted)
  if (entry === '*') return true
  // 'self' covers the sockets of its own host in current browsers.
  if (entry === "'self'") return target.host === new URL(origin).host
  if (/^[a-z][\w+.-]*:$/i.test(entry)) return target.protocol === entry.toLowerCase()
  const match = /^(?:([a-z][\w+.-]*:)\/\/)?([^/:]+)(?::(\d+|\*))?/i.exec(entry)
  if (match === null) return false
  const [, scheme, host = '', port] = match
  const isScheme = scheme === undefined || scheme.toLowerCase() === target.protocol
  const isHost = host.startsWith('*.') ? target.hostname.endsWith(host.slice(1)) : host === target.hostname
  return isScheme && isHost && (port === '*' || (port ?? '') === target.port)
}
