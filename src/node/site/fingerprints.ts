/** Which files of a bundle are named by a hash of their content: the bundler knows, and nobody has to guess by the name. */

/** A file of a bundle, as Rollup describes it. */
export type BundledFile = BundledChunk | BundledAsset

interface BundledChunk {
  readonly type: 'chunk'
  readonly fileName: string
  /** With marks where the hash was to come. */
  readonly preliminaryFileName: string
}

interface BundledAsset {
  readonly type: 'asset'
  readonly fileName: string
  readonly names: string[]
  readonly originalFileNames: string[]
  readonly source: string | Uint8Array
}

/** What Rollup tells of an asset when it asks for its name. */
interface UnnamedAsset extends Omit<BundledAsset, 'fileName'> {
  readonly name: string | undefined
  readonly originalFileName: string | null
}

/** Rollup's `output.assetFileNames`. */
export type AssetNames = string | ((asset: UnnamedAsset) => string)

/** Whether a file is named by its content; where it cannot be told it is not, and the origin is asked once more. */
export function isHashed(file: BundledFile, assetNames: AssetNames): boolean {
  if (file.type === 'chunk') return file.preliminaryFileName !== file.fileName
  // A plugin wrote it under a name of its own: no function that names assets expects it.
  if (file.names.length === 0) return false
  const { fileName, ...rest } = file
  const unnamed = { ...rest, name: file.names[0], originalFileName: file.originalFileNames[0] ?? null }
  const template = typeof assetNames === 'string' ? assetNames : assetNames(unnamed)
  return file.names.some(name => {
    const hash = patternOf(template, name).exec(fileName)?.groups?.hash
    // Of a name that a plugin chose itself, as logo-original.png, the last word is none.
    return hash !== undefined && /[\dA-Z]/.test(hash)
  })
}

/** A template of names with its placeholders filled in. The hash has eight characters where no other number is named. */
function patternOf(template: string, name: string): RegExp {
  const [, stem = name, extension = ''] = /^(.*?)(\.\w+)?$/.exec(name) ?? []
  let isNamed = false
  const parts = template.split(/(\[\w+(?::\d+)?\])/).map(part => {
    const [, word, count = '8'] = /^\[(\w+)(?::(\d+))?\]$/.exec(part) ?? []
    if (word === 'hash') {
      const group = isNamed ? '' : '?<hash>'
      isNamed = true
      return `(${group}[\\w-]{${count}})`
    }
    // Of what cannot stand in file names Rollup makes something else.
    if (word === 'name')
      return stem
        .split(/[^\w/.-]+/)
        .map(escaped)
        .join('.+')
    if (word === 'ext') return escaped(extension.slice(1))
    if (word === 'extname') return escaped(extension)
    return escaped(part)
  })
  return new RegExp(`^${parts.join('')}$`)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
