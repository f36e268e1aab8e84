/** How manifests and pointers are refused: one sentence, whose end is the same for all: the site goes on by plain HTTP. */
import { ShoalError, type ShoalErrorCode } from '../errors.ts'

export type SiteErrorCode = Extract<ShoalErrorCode, `site-${string}`>

/** @param why as in "it has expired", about the manifest or pointer */
export function refuseSite(code: SiteErrorCode, why: string, details: Record<string, unknown> = {}): never {
  throw new ShoalError(code, `The site's manifest is not used: ${why}.`, { details })
}

export function refuseFormat(why: string): never {
  refuseSite('site-format', why)
}

/** Runs `read`; bencode, torrent and path errors in it become `site-format`. */
export function asFormatError<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof ShoalError) || cause.code.startsWith('site-')) throw cause
    throw new ShoalError('site-format', `The site's manifest is not used: it is damaged. ${cause.message}`, { cause })
  }
}
