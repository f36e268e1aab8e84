import type { Language } from '../language.ts'

/** Why saving failed, in words that say what to do. */
export function savingFailure(error: unknown, { say }: Language): string {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) }
  switch (name) {
    case 'QuotaExceededError':
      return say('saveDiskFull')
    case 'NotAllowedError':
    case 'NoModificationAllowedError':
    case 'SecurityError':
    case 'InvalidModificationError':
      return say('saveForbidden')
    case 'NotFoundError':
      return say('saveFolderGone')
  }
  return say('saveFailed', { cause: message.replace(/[.!?]?$/, '.') })
}
