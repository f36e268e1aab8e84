/** Tells a person who looks elsewhere, if they asked for that. */

export interface Notifier {
  /** Asks for the browser's leave, in a click's handler. @returns whether it was given */
  ask(): Promise<boolean>
  /** Says it, where the page is not in front. */
  tell(text: string): void
}

export const canNotify = (): boolean => 'Notification' in window

export function notifier(): Notifier {
  let isWanted = false
  return {
    async ask() {
      isWanted = canNotify() && (await Notification.requestPermission()) === 'granted'
      return isWanted
    },
    tell(text) {
      if (!isWanted || !document.hidden) return
      void show(text).catch(() => undefined)
    },
  }
}

/** Phones have notifications of workers only. */
async function show(text: string): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration()
  const options = { body: text, icon: 'icon-192.png', tag: text }
  if (registration?.active) return registration.showNotification('Shoal', options)
  new Notification('Shoal', options)
}
