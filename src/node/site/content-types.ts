/** Content types of a site's files by their extension, as servers commonly send them. The configuration's `types` adds to these. */
import { extname } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.aac': 'audio/aac',
  '.avif': 'image/avif',
  '.bin': 'application/octet-stream',
  '.bmp': 'image/bmp',
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.flac': 'audio/flac',
  '.gif': 'image/gif',
  '.glb': 'model/gltf-binary',
  '.gltf': 'model/gltf+json',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.jxl': 'image/jxl',
  '.m4a': 'audio/mp4',
  '.m4s': 'video/iso.segment',
  '.m4v': 'video/mp4',
  '.mjs': 'text/javascript; charset=utf-8',
  '.mov': 'video/quicktime',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.oga': 'audio/ogg',
  '.ogg': 'audio/ogg',
  '.ogv': 'video/ogg',
  '.opus': 'audio/ogg',
  '.otf': 'font/otf',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ts': 'video/mp2t',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.wav': 'audio/wav',
  '.weba': 'audio/webm',
  '.webm': 'video/webm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
  '.zip': 'application/zip',
}

/** Types whose bytes are compressed already, or are sought in, which a twin would make slow. */
const INCOMPRESSIBLE =
  /^(?:video|audio)\/|^image\/(?!svg|bmp|x-icon)|^font\/woff|^application\/(?:zip|pdf|gzip)|^model\/gltf-binary/

/**
 * @param extra types by extension with its dot, in lower case, which come first
 * @returns undefined where it is unknown: a worker must answer with the type that the origin sends
 */
export function contentTypeOf(path: string, extra: Readonly<Record<string, string>> = {}): string | undefined {
  const extension = extname(path).toLowerCase()
  if (Object.hasOwn(extra, extension)) return extra[extension]
  return Object.hasOwn(TYPES, extension) ? TYPES[extension] : undefined
}

/** Whether gzip is worth trying. */
export function isCompressible(type: string): boolean {
  return !INCOMPRESSIBLE.test(type)
}
