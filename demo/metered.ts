/** Whether what is fetched here costs its person something, where the browser tells (Network Information). */

interface Connection {
  readonly saveData?: boolean
  readonly type?: string
}

export function isMetered(): boolean {
  const { connection } = navigator as { connection?: Connection }
  return connection?.saveData === true || connection?.type === 'cellular'
}
