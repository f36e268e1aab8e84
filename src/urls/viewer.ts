/** The document in which an image, a film or a sound is shown. Nothing in it comes from the file but its name, escaped. */

const STYLE =
  'html,body{height:100%;margin:0}html{color-scheme:light dark}body{display:grid;place-items:center}img,video{max-width:100%;max-height:100%}audio{width:100%}'

/** Of `STYLE`: a test holds it against that. */
export const VIEWER_STYLE_HASH = 'sha256-39drqda6zPyKdfnvAPtaNigObdXV2eaZt9aPpqQsAHg='

/** @param address of the file, from the same worker */
export function viewerDocument(kind: 'image' | 'video' | 'audio', name: string, address: string): string {
  const source = `src="${escapeMarkup(address)}"`
  const shown = {
    image: `<img ${source} alt="${escapeMarkup(name)}">`,
    video: `<video ${source} controls playsinline preload="metadata"></video>`,
    audio: `<audio ${source} controls preload="metadata"></audio>`,
  }[kind]
  return `<!doctype html><meta charset="utf-8"><title>${escapeMarkup(name)}</title><style>${STYLE}</style>${shown}`
}

function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
