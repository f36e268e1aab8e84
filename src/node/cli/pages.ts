/**
 * Serves the pages of `dist/demo`. Everything is read once, at the start, into a map from path to answer: what is
 * not in the map does not exist, so no request can name a file outside.
 */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answerPage, type Page, pageOf } from '../page.ts'
import { UsageError } from './failure.ts'

export interface Pages {
  /** Answers a request, with 404 where there is nothing and 405 for what is no GET or HEAD. */
  answer(request: IncomingMessage, response: ServerResponse): void
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.map': 'application/json',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
}

/** Pages are small; a folder with more or larger files is not ours. */
const PAGES_MAX = 200
const PAGE_BYTES_MAX = 8 * 1024 * 1024

/**
 * Reads a folder of pages.
 * @throws UsageError when it is not there or is no folder of pages
 */
export async function readPages(folder: string): Promise<Pages> {
  if (!existsSync(join(folder, 'index.html'))) {
    throw new UsageError(`The pages are not built: there is no ${join(folder, 'index.html')}. Run npm run build first.`)
  }
  const pages = new Map<string, Page>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)]
    // Links are not followed: they may lead outside.
    if (!entry.isFile() || type === undefined) continue
    if (pages.size >= PAGES_MAX)
      throw new UsageError(`${folder} holds more than ${PAGES_MAX} files; it is not the pages' folder.`)
    const file = join(entry.parentPath, entry.name)
    const page = pageOf(await readFile(file), type)
    if (page.body.length > PAGE_BYTES_MAX) throw new UsageError(`${file} is too large for a page.`)
    const path = file.slice(folder.length).replaceAll('\\', '/')
    pages.set(path, page)
    if (path.endsWith('/index.html')) pages.set(path.slice(0, -'index.html'.length), page)
  }
  return {
    answer(request, response) {
      // Taken as it came, neither resolved nor decoded: no page's name needs it.
      const path = (request.url ?? '').split('?', 1)[0] ?? ''
      answerPage(pages.get(path), request, response)
    },
  }
}

/** @returns `dist/demo` of this package, wherever this module runs from (`src` or `dist`) */
export function pagesFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return join(folder, 'dist', 'demo')
}
