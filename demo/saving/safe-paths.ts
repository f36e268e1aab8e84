import { SafePaths } from '../../src/metainfo/paths.ts'

/**
 * Paths to write files under, '/'-joined, in their order: within the folder whatever they say, of names that every system takes, no two alike.
 * The library's own are so already; this holds for whoever else makes files.
 * @param taken names that no file may have
 */
export function safePathsOf(files: readonly { readonly path: string }[], taken: readonly string[] = []): string[] {
  const paths = new SafePaths()
  for (const name of taken) paths.add([name])
  return files.map(({ path }) => {
    const names = path.split('/').filter(name => name !== '')
    return paths.add(names.length > 0 ? names : ['file']).path
  })
}
