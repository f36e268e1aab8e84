/** Keeps a phone awake while a transfer runs, where the browser can. */

export interface WakeLock {
  /** Whether the screen should stay on from now. */
  want(isWanted: boolean): void
}

export function wakeLock(): WakeLock {
  let isWanted = false
  let held: WakeLockSentinel | undefined
  let isAsking = false

  const renew = async (): Promise<void> => {
    if (!('wakeLock' in navigator) || isAsking) return
    if (!isWanted) {
      const released = held
      held = undefined
      await released?.release().catch(() => undefined)
      return
    }
    if (held !== undefined || document.visibilityState !== 'visible') return
    isAsking = true
    try {
      held = await navigator.wakeLock.request('screen')
      held.addEventListener('release', () => {
        held = undefined
      })
    } catch {
      // Refused (battery saver, policy): the transfer goes on as long as the device lets it.
    } finally {
      isAsking = false
    }
    if (!isWanted) void renew()
  }

  // The browser releases the lock whenever the page is hidden.
  document.addEventListener('visibilitychange', () => void renew())
  return {
    want(value) {
      if (value === isWanted) return
      isWanted = value
      void renew()
    },
  }
}
