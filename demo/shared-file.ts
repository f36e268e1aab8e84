import type { TorrentFile } from './shoal.min.js'

/**
 * A file of a share as the page handles it: lists, chooses, previews and saves it. A torrent's own file is one; so is
 * the decrypted view of a private share's file. `path` is '/'-joined and safe to write, `length` counts bytes of content,
 * `progress` goes from 0 to 1 as they are verified, and `stream` rejects rather than end short.
 */
export type SharedFile = Pick<
  TorrentFile,
  'path' | 'name' | 'length' | 'progress' | 'priority' | 'select' | 'deselect' | 'stream'
>
