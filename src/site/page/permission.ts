/** PURE: what the site's policy, the visitor and the device let this page do. */
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
  /** Pieces may be sent to peers. */
  readonly uploads: boolean
  /** Bytes that may still be sent today. */
  readonly leftTodayBytes: number
}

const METERED = /cellular|wimax|bluetooth/

export function permit(circumstances: Circumstances): Permission {
  const { policy, consent, refusesSharing, draw, connection, isTouch, sentTodayBytes } = circumstances
  const agrees = consent ?? policy.consent === 'automatic'
  const connects = agrees && !refusesSharing && draw < policy.rolloutPercent
  // A phone's browser that does not say what it is connected by may be on a plan that counts every byte.
  const isMetered =
    connection?.saveData === true || (connection?.type === undefined ? isTouch : METERED.test(connection.type))
  const leftTodayBytes = Math.max(0, policy.uploadBytesPerDay - sentTodayBytes)
  return {
    connects,
    leftTodayBytes,
    uploads: connects && !isMetered && policy.uploadBytesPerSecond > 0 && leftTodayBytes > 0,
  }
}
