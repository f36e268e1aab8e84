/** Finds the real browsers that tests and benchmarks drive, or says how to get them. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { canInstall, installPackages } from './debian.ts'

export type BrowserName = 'chromium' | 'firefox'

export const BROWSER_NAMES: readonly BrowserName[] = ['chromium', 'firefox']

interface Place {
  /** Environment variable that overrides the search. */
  readonly variable: string
  readonly paths: readonly string[]
  readonly debianPackage: string
  readonly homepage: string
}

const PLACES: Readonly<Record<BrowserName, Place>> = {
  chromium: {
    variable: 'CHROME_PATH',
    paths: [
      '/usr/bin/chromium',
      '/usr/bin/chromium-browser',
      '/usr/bin/google-chrome',
      '/usr/bin/google-chrome-stable',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    ],
    debianPackage: 'chromium',
    homepage: 'https://www.google.com/chrome/',
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    paths: ['/usr/bin/firefox-esr', '/usr/bin/firefox', '/Applications/Firefox.app/Contents/MacOS/firefox'],
    debianPackage: 'firefox-esr',
    homepage: 'https://www.mozilla.org/firefox/',
  },
}

/** The same engine without windows, menus and an address bar. */
const CHROMIUM_SHELL = {
  variable: 'CHROME_HEADLESS_SHELL_PATH',
  path: '/usr/lib/chromium/chromium-headless-shell',
  debianPackage: 'chromium-headless-shell',
}

/** What every test Chromium is started with: no sandbox (root in containers), and no traffic of its own. */
export const CHROMIUM_ARGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  // The address bar's lists are pages with processes of their own: half a second of a processor for each window, before anything is opened in it.
  '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup',
]

/** Path of the executable, or undefined when it is not installed where we look. */
export function findBrowser(name: BrowserName): string | undefined {
  const { variable, paths } = PLACES[name]
  const override = process.env[variable]
  if (override) return existsSync(override) ? override : undefined
  return paths.find(path => existsSync(path))
}

/**
 * Path of the executable.
 * @throws Error whose message says what to install
 */
export function browserPath(name: BrowserName): string {
  const path = findBrowser(name)
  if (path === undefined) throw new Error(howToInstall(name))
  return path
}

/** Path of Chromium's headless shell, whose pages take a quarter of the processor's time that windows take; undefined: whole Chromium has to do. */
export function chromiumShellPath(): string | undefined {
  const path = process.env[CHROMIUM_SHELL.variable] || CHROMIUM_SHELL.path
  return existsSync(path) ? path : undefined
}

/**
 * Makes sure that both browsers are there, and the shell where that is to be had; as root on Debian it installs what is missing.
 * @returns one sentence for each browser that is still missing
 */
export function ensureBrowsers(): string[] {
  const missing = BROWSER_NAMES.filter(name => findBrowser(name) === undefined)
  const installable = missing.filter(name => !process.env[PLACES[name].variable])
  const packages = installable.map(name => PLACES[name].debianPackage)
  if (chromiumShellPath() === undefined) packages.push(CHROMIUM_SHELL.debianPackage)
  if (packages.length > 0 && canInstall()) installPackages(packages)
  return BROWSER_NAMES.filter(name => findBrowser(name) === undefined).map(howToInstall)
}

/** First line of `--version`, for reports. */
export function browserVersion(name: BrowserName): string {
  return execFileSync(browserPath(name), ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .trim()
    .split('\n')[0]!
}

function howToInstall(name: BrowserName): string {
  const { variable, debianPackage, homepage } = PLACES[name]
  const override = process.env[variable]
  if (override) return `${variable} names ${override}, which does not exist: correct it or unset it.`
  return `No ${name} was found: install it (Debian: apt-get install ${debianPackage}; others: ${homepage}) or set ${variable} to its executable.`
}
