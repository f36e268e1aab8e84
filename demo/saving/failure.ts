/** Why saving failed, in words that say what to do. */
export function savingFailure(error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) }
  switch (name) {
    case 'QuotaExceededError':
      return 'Saving failed: the disk is full. Free some space, and save again.'
    case 'NotAllowedError':
    case 'NoModificationAllowedError':
    case 'SecurityError':
    case 'InvalidModificationError':
      return 'Saving failed: the browser may not write there. Choose another place.'
    case 'NotFoundError':
      return 'Saving failed: the folder is gone. Choose another place.'
  }
  return `Saving failed: ${message.replace(/[.!?]?$/, '.')} What was received is kept: save again.`
}
