/** Who can reach whom: what stands between a member and the network, and when two of them need a relay (RFC 4787, RFC 8445). */

/**
 * - `open`: a public address, or a NAT that lets in whoever knows the port;
 * - `cone`: lets in only whom it has sent to; two of these meet by sending at once (hole punching);
 * - `symmetric`: another port for every destination, so that nobody but the open can be told where to send;
 * - `blocked`: no UDP at all, nothing but a relay over TCP.
 */
export type Nat = 'open' | 'cone' | 'symmetric' | 'blocked'

export type Path = 'direct' | 'relayed' | 'none'

export function pathBetween(a: Nat, b: Nat, hasRelay: boolean): Path {
  const isBlocked = a === 'blocked' || b === 'blocked'
  const isDirect = !isBlocked && (a === 'open' || b === 'open' || (a === 'cone' && b === 'cone'))
  if (isDirect) return 'direct'
  return hasRelay ? 'relayed' : 'none'
}
