/**
 * Which types a browser may show of files that strangers made, and how: nothing is here that can hold script where it is shown.
 * All else is offered to be saved.
 */

/** How a file is shown: within a document of the worker's own, or as a document that is text or a PDF. */
export type InertKind = 'image' | 'video' | 'audio' | 'text' | 'pdf'

const KINDS: Readonly<Record<InertKind, readonly string[]>> = {
  // SVG is here because an <img> runs none of its scripts and loads nothing; as a document it is never served.
  image: ['png', 'jpeg', 'gif', 'webp', 'avif', 'bmp', 'x-icon', 'svg+xml'].map(name => `image/${name}`),
  video: ['mp4', 'webm', 'ogg', 'quicktime', 'x-matroska'].map(name => `video/${name}`),
  audio: ['mpeg', 'mp4', 'aac', 'ogg', 'wav', 'flac', 'webm'].map(name => `audio/${name}`),
  text: ['text/plain'],
  pdf: ['application/pdf'],
}

const BY_TYPE = new Map(Object.entries(KINDS).flatMap(([kind, types]) => types.map(type => [type, kind as InertKind])))

/** Extensions by type. Whatever people read as text is plain text here: HTML is its source. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': 'png apng',
  'image/jpeg': 'jpg jpeg jfif',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/bmp': 'bmp',
  'image/x-icon': 'ico',
  'image/svg+xml': 'svg',
  'video/mp4': 'mp4 m4v',
  'video/webm': 'webm',
  'video/ogg': 'ogv',
  'video/quicktime': 'mov',
  'video/x-matroska': 'mkv',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/aac': 'aac',
  'audio/ogg': 'ogg oga opus',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
  'audio/webm': 'weba',
  'text/plain':
    'txt text log md markdown csv tsv json xml yaml yml toml ini conf srt vtt nfo html htm css js mjs ts tsx jsx py rb rs go c h cpp java sh sql diff patch',
  'application/pdf': 'pdf',
}

const BY_EXTENSION = new Map(
  Object.entries(EXTENSIONS).flatMap(([type, names]) => names.split(' ').map(name => [name, type])),
)

/** The media type that a name's extension stands for, of those that can be shown; undefined: none of them. */
export function inertTypeOf(name: string): string | undefined {
  return BY_EXTENSION.get(name.slice(name.lastIndexOf('.') + 1).toLowerCase())
}

/** How a type is shown; undefined: not at all. Without parameters, in lower case. */
export function inertKindOf(type: string | undefined): InertKind | undefined {
  return type === undefined ? undefined : BY_TYPE.get(type)
}
