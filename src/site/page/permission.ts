/** PURE: what the site's policy, the visitor and the device let this page do. */
import { REQUEST_BYTES_MAX } from '../../options.ts'
import type { SitePolicy } from '../policy.ts'

export interface Circumstances {
  readonly policy: SitePolicy
  /** The visitor's word; undefined: none yet. */
  readonly consent: boolean | undefined
  /** Global Privacy Control: the browser says no for its user. */
  readonly refusesSharing: boolean
  /** 0 ≤ x < 100, drawn once by this browser. */
  readonly draw: number
  /** What the browser tells of its connection (Chromium alone does). */
  readonly connection?: { readonly saveData?: boolean; readonly type?: string } | undefined
  /** Its main pointer is a finger. */
  readonly isTouch: boolean
  readonly sentTodayBytes: number
}

export interface Permission {
  /** Trackers and peers may be connected to. */
  readonly connects: boolean
  /** What may be sent to peers now; 0: nothing. */
  readonly uploadBytesPerSecond: number
}

const METERED = /cellular|wimax|bluetooth/

/**
 * What is sent is looked at once a second, and a second's worth may have gathered beside: so the last of the day is approached by quarters,
 * and no more than the largest block (`REQUEST_BYTES_MAX`) is left unsent.
 */
const LAST_SECONDS = 4

export function permit(circumstances: Circumstances): Permission {
  const { policy, consent, refusesSharing, draw, connection, isTouch, sentTodayBytes } = circumstances
  const agrees = consent ?? policy.consent === 'automatic'
  const connects = agrees && !refusesSharing && draw < policy.rolloutPercent
  // A phone's browser that does not say what it is connected by may be on a plan that counts every byte.
  const isMetered =
    connection?.saveData === true || (connection?.type === undefined ? isTouch : METERED.test(connection.type))
  const leftBytes = policy.uploadBytesPerDay - sentTodayBytes
  const uploads = connects && !isMetered && leftBytes >= REQUEST_BYTES_MAX
  return {
    connects,
    uploadBytesPerSecond: uploads ? Math.min(policy.uploadBytesPerSecond, leftBytes / LAST_SECONDS) : 0,
  }
}
