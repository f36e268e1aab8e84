/** What runs in each tab of a site once its page is idle: stands for election, leads when elected, and answers `window.shoal`. */
import type { ShoalError } from '../../errors.ts'
import { showBadge } from './badge.ts'
import { createElection } from './election.ts'
import { Leadership } from './leadership.ts'
import { Notebook } from './notes.ts'
import { watchResources } from './resources.ts'
import { NO_STATS, type SiteStats } from './stats.ts'
import { type Loaded, openChannel, type TabWord, tabChannelName } from './words.ts'

/** What the tag's script knows of the page, and hands over. */
export interface Tag {
  readonly manifestUrl: URL
  readonly keyHex: string
  /** Of the page: `data-version`. */
  readonly version: number
  /** The worker that answers for this page, if any. */
  worker(): Promise<ServiceWorker | null | undefined>
  /** Registers the worker, where that was put off. @param isNew there is a newer one, most likely */
  register(isNew?: boolean): Promise<void>
  /** Unregisters it, and does not register it again until `register`. */
  retire(): Promise<void>
  /** Raises an event of `window.shoal`. */
  raise(name: string, detail: unknown): void
}

export interface Agent {
  consent(isGranted: boolean): void
  stats(): Promise<SiteStats>
  prefetch(urls: readonly string[]): Promise<void>
}

/** How often `stats` is raised while bytes come, and tabs are told. */
const TELL_MS = 1_000
/** Pages that are taken for loading if they never say that they are done. */
const LOADING_MS_MAX = 10_000
/** Resources of a page that are told to whoever leads next. */
const LOADED_MAX = 1_000
/** After so long without an answer the leader is asked again. */
const ANSWER_MS = 1_000

function isRecent(since: number): boolean {
  return performance.now() - since < LOADING_MS_MAX
}

export function startAgent(tag: Tag): Agent {
  const { manifestUrl } = tag
  const name = tabChannelName(manifestUrl.href)
  const notebook = new Notebook(name)
  const loading = new Map<number, number>()
  const warned = new Set<string>()
  /** By this page, as far as is remembered. */
  const loaded: Loaded[] = []
  /** Who waits for a word of the leader's, by what it answers to. */
  const waiting = new Map<string, (isDone: boolean) => void>()
  /** What this tab fetches ahead, as long as it leads. */
  const fetching = new Set<string>()
  let channel: ReturnType<typeof openChannel>
  let leadership: Leadership | undefined
  /** It led last, and may be putting things away still. */
  let formerLeadership: Leadership | undefined
  let isHere = false
  let stats = NO_STATS
  let stopWatching = (): void => {}

  const election = createElection({ name, onElected: lead, onDeposed: () => void step() })

  function lead(epoch: number): void {
    leadership = new Leadership({
      manifestUrl,
      keyHex: tag.keyHex,
      notebook,
      introduce: port => void tag.worker().then(worker => worker?.postMessage(['shoal-leader', epoch], [port])),
      keepAwake: () => void tag.worker().then(worker => worker?.postMessage(['shoal-page', tag.version])),
      isLoading: () => [...loading.values()].some(isRecent),
      warning: warn,
      deployed({ version }) {
        void tag.register(version !== tag.version)
        tag.raise('deploy', { version })
      },
      ended() {
        void tag.retire()
        tag.raise('deploy', { version: undefined })
      },
    })
    void leadership.start()
    say(['leading'])
    tag.raise('leader', { epoch })
  }

  function step(): Promise<void> | undefined {
    if (!leadership) return undefined
    formerLeadership = leadership
    leadership = undefined
    return formerLeadership.end()
  }

  function warn(error: ShoalError): void {
    // Once of each kind, and of each host: an origin that is down for a day, or many files, fills no console.
    const { url } = error.details
    const kind = `${error.code} ${typeof url === 'string' ? new URL(url).host : ''}`
    if (warned.has(kind)) return
    warned.add(kind)
    console.warn(`Shoal: ${error.message}`)
    tag.raise('warning', { error })
  }

  /** To the other tabs, and to this one where it leads. */
  function say(word: TabWord): void {
    if (isHere) channel.postMessage(word)
    hear(word, true)
  }

  function hear(word: TabWord, isOwn = false): void {
    switch (word[0]) {
      case 'loading':
        // Pages that were left before they had loaded say no more.
        for (const [page, since] of loading) if (!isRecent(since)) loading.delete(page)
        return void loading.set(word[1], performance.now())
      case 'loaded':
        return void loading.delete(word[1])
      case 'version':
        return leadership?.expect(word[1])
      case 'leading':
        // Also what was loaded before anybody led, or under another.
        if (loaded.length > 0) say(['used', loaded])
        return
      case 'used':
        return void leadership?.used(word[1], isOwn)
      case 'consent':
        return leadership?.review()
      case 'prefetch': {
        const [, id, url] = word
        if (!leadership || fetching.has(id)) return
        fetching.add(id)
        return void leadership
          .prefetch(url)
          .catch(() => false)
          .then(isThere => {
            fetching.delete(id)
            say(['prefetched', id, isThere])
          })
      }
      case 'prefetched':
        return waiting.get(word[1])?.(word[2])
      case 'ask':
        if (leadership) say(['state', leadership.stats])
        return
      case 'state': {
        const hasChanged = JSON.stringify(stats) !== JSON.stringify(word[1])
        stats = word[1]
        if (stats.hasBadge) showBadge(stats)
        if (hasChanged) tag.raise('stats', stats)
        waiting.get('state')?.(true)
      }
    }
  }

  function arrive(): void {
    if (isHere) return
    isHere = true
    channel = openChannel(name)
    channel.onmessage = ({ data }: { data: TabWord }) => hear(data)
    stopWatching = watchResources(new URL('.', manifestUrl).href, resources => {
      loaded.push(...resources.slice(0, LOADED_MAX - loaded.length))
      say(['used', resources])
    })
    election.stand()
    say(['version', tag.version])
  }

  function depart(): void {
    if (!isHere) return
    isHere = false
    stopWatching()
    election.withdraw()
    // An open connection would keep the page out of the browser's back/forward cache.
    void step()
    channel.close()
  }

  /** What runs when a page is frozen is the last that does, and has no time to wait for anything. */
  function freeze(): void {
    depart()
    formerLeadership?.freeze()
  }

  navigator.serviceWorker?.addEventListener('message', ({ data }) => {
    if (Array.isArray(data) && data[0] === 'shoal-who') leadership?.meetWorker()
  })
  addEventListener('pagehide', depart)
  addEventListener('pageshow', ({ persisted }) => persisted && arrive())
  // A hidden page, in Chromium: pages that are left are frozen after they were told so.
  document.addEventListener('freeze', freeze)
  document.addEventListener('resume', arrive)
  const { connection } = navigator as { connection?: EventTarget }
  connection?.addEventListener('change', () => leadership?.review())
  setInterval(() => leadership && say(['state', leadership.stats]), TELL_MS)
  arrive()

  /** Says something that the leader answers, again as long as nobody does: leaders come and go. @returns what was answered; false: nothing */
  async function ask(id: string, word: TabWord, timesMax = Number.POSITIVE_INFINITY): Promise<boolean> {
    let timer: ReturnType<typeof setInterval> | undefined
    let times = 0
    const answer = await new Promise<boolean>(resolve => {
      waiting.set(id, resolve)
      const speak = (): void => (++times > timesMax ? resolve(false) : say(word))
      timer = setInterval(speak, ANSWER_MS)
      speak()
    })
    clearInterval(timer)
    waiting.delete(id)
    return answer
  }

  async function prefetch(url: string): Promise<void> {
    const id = crypto.randomUUID()
    if (stats.isOn && (await ask(id, ['prefetch', id, url]))) return
    // The worker keeps what it brings.
    const response = await fetch(url, { priority: 'low' } as RequestInit)
    await response.arrayBuffer()
  }

  return {
    consent(isGranted) {
      notebook.consent = isGranted
      say(['consent'])
    },
    async stats() {
      await ask('state', ['ask'], 1)
      return stats
    },
    async prefetch(urls) {
      await Promise.all(urls.map(url => prefetch(new URL(url, location.href).href)))
    },
  }
}
