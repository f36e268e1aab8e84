/**
 * The answer to a request for a file: status, headers, which bytes. PURE.
 *
 * What strangers share must never run in the page's origin. So:
 * - a document (`isNavigation`) is one of our own that holds an image, film or sound; or plain text; or a PDF, which browsers show in a
 *   process and origin of its viewer's. Anything else is an attachment, never shown;
 * - our own document keeps the origin, as the worker would not be asked for what it holds otherwise: documents of an opaque origin are
 *   nobody's clients. It has no right to run script (`sandbox` without `allow-scripts`, `default-src 'none'`), and nothing in it is the
 *   file's but its name, escaped;
 * - everything else has an opaque origin and no right to anything (`sandbox`), should a browser ever make a document of it;
 * - no type is guessed (`nosniff`).
 */
import { attachment } from './disposition.ts'
import { inertKindOf } from './inert-types.ts'
import { parseRange } from './range.ts'
import { VIEWER_STYLE_HASH, viewerDocument } from './viewer.ts'

/** What the page says of a file. */
export interface FileFacts {
  readonly name: string
  readonly sizeBytes: number
  /** Lower case, without parameters; undefined: nothing that can be shown. */
  readonly type: string | undefined
  /** To be saved, whatever its type. */
  readonly isDownload: boolean
}

/** The part of a request that decides. */
export interface Asked {
  readonly method: string
  /** Path of its URL. */
  readonly path: string
  readonly range: string | null
  /** Whether the answer becomes a document or a download. */
  readonly isNavigation: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The bytes of the file that are the body; where the first is the end, `text` is. */
  readonly fromByte: number
  readonly toByte: number
  readonly text?: string
}

const OPAQUE = "default-src 'none'; sandbox"
const VIEWER = `default-src 'none'; img-src 'self'; media-src 'self'; style-src '${VIEWER_STYLE_HASH}'; base-uri 'none'; form-action 'none'; sandbox allow-same-origin`

/** On every answer. A page that is isolated (COEP) may hold it in a frame. */
const ALWAYS = {
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Referrer-Policy': 'no-referrer',
}

export function answerTo(asked: Asked, file: FileFacts): Answer {
  if (asked.method !== 'GET' && asked.method !== 'HEAD')
    return refusal(405, 'Only GET and HEAD.', { Allow: 'GET, HEAD' })
  const kind = file.isDownload ? undefined : inertKindOf(file.type)
  if (asked.isNavigation && (kind === 'image' || kind === 'video' || kind === 'audio')) {
    const headers = { ...ALWAYS, 'Content-Security-Policy': VIEWER, 'Content-Type': 'text/html; charset=utf-8' }
    return { status: 200, headers, fromByte: 0, toByte: 0, text: viewerDocument(kind, file.name, asked.path) }
  }
  const headers: Record<string, string> = { ...ALWAYS }
  // Chromium's viewer is a plugin, which a sandbox forbids.
  if (kind !== 'pdf') headers['Content-Security-Policy'] = OPAQUE
  if (kind === undefined) headers['Content-Disposition'] = attachment(file.name)
  headers['Content-Type'] =
    kind === undefined ? 'application/octet-stream' : kind === 'text' ? 'text/plain; charset=utf-8' : file.type!
  let [status, fromByte, toByte] = [200, 0, file.sizeBytes]
  // A download is whole or failed: a browser must not put it together from parts. And ranges are defined for GET alone.
  if (!file.isDownload && asked.method === 'GET') {
    headers['Accept-Ranges'] = 'bytes'
    const range = parseRange(asked.range, file.sizeBytes)
    if (range === 'unsatisfiable') return refusal(416, '', { 'Content-Range': `bytes */${file.sizeBytes}` })
    if (range !== undefined) {
      status = 206
      ;({ fromByte, toByte } = range)
      headers['Content-Range'] = `bytes ${fromByte}-${toByte - 1}/${file.sizeBytes}`
    }
  }
  headers['Content-Length'] = String(toByte - fromByte)
  return { status, headers, fromByte, toByte: asked.method === 'HEAD' ? fromByte : toByte }
}

/** An answer that is a sentence. */
export function refusal(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const type = { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Security-Policy': OPAQUE }
  return { status, headers: { ...ALWAYS, ...type, ...headers }, fromByte: 0, toByte: 0, text }
}
