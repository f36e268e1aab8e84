/**
 * Makes this visitor a new one: forgets pieces, notes and worker, and goes back. The server has the browser's own cache cleared with this page
 * (Clear-Site-Data). It is a page of its own, on which nobody holds what is to go; shares of the share page stay.
 */

/** As src/site/keys.ts has it. */
const STORE_NAME = 'shoal-site'

async function clear(): Promise<void> {
  const here = new URL('.', location.href).href
  const registration = await navigator.serviceWorker?.getRegistration(here)
  // The share page's worker, which the root of this host may have, is not the site's.
  if (registration?.scope === here) await registration.unregister()
  await new Promise<unknown>(resolve => {
    const request = indexedDB.deleteDatabase(STORE_NAME)
    request.onsuccess = request.onerror = resolve
  })
  for (const name of Object.keys(localStorage)) if (name.startsWith('shoal ')) localStorage.removeItem(name)
}

await clear().catch(error => console.warn(`Not all could be cleared: ${error.message}`))
location.replace('./')
